import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseUserId } from '@cpc-messenger/messenger'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JwtVerifier } from '../../src/infrastructure/auth/jwt-verifier.ts'
import { loadOwnKey, OwnKeyError } from '../../src/infrastructure/auth/own-key.ts'
import { keyFile } from '../../src/infrastructure/auth/own-key-file.ts'
import { ownSigner, signToken } from '../../src/infrastructure/auth/sign-token.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'own-key-'))
  file = join(directory, 'data', 'messenger.key.json')
})
afterEach(() => rmSync(directory, { recursive: true }))

describe("the server's own key", () => {
  it('is made once, for its owner alone to read, and read from then on', async () => {
    const made = await loadOwnKey(keyFile(file))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const text = readFileSync(file, 'utf8')
    expect((await loadOwnKey(keyFile(file))).kid).toBe(made.kid)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('is the same for many that make it at once, and leaves nothing else behind', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => loadOwnKey(keyFile(file))))
    expect(new Set(keys.map(key => key.kid)).size).toBe(1)
    expect(readdirSync(join(directory, 'data'))).toEqual(['messenger.key.json'])
  })

  it('is the same for processes that make it at once', async () => {
    const module = JSON.stringify(new URL('../../src/infrastructure/auth/own-key.ts', import.meta.url).href)
    const fileModule = JSON.stringify(new URL('../../src/infrastructure/auth/own-key-file.ts', import.meta.url).href)
    const script = `const { loadOwnKey } = await import(${module}); const { keyFile } = await import(${fileModule}); console.log((await loadOwnKey(keyFile(process.argv[1]))).kid)`
    const run = promisify(execFile)
    const answers = await Promise.all(
      Array.from({ length: 3 }, () => run(process.execPath, ['--input-type=module', '-e', script, file])),
    )
    expect(new Set(answers.map(answer => answer.stdout)).size).toBe(1)
  })

  it.each(['', '{}', 'not json', '{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}'])(
    'is never overwritten: a file that holds %j is reported',
    async text => {
      await loadOwnKey(keyFile(file))
      writeFileSync(file, text)
      await expect(loadOwnKey(keyFile(file))).rejects.toBeInstanceOf(OwnKeyError)
      expect(readFileSync(file, 'utf8')).toBe(text)
    },
  )

  it('signs tokens that its verifier accepts', async () => {
    const ownKey = await loadOwnKey(keyFile(file))
    const userId = parseUserId('alice')
    if (userId === undefined) throw new Error('alice is a user id')
    const issuedAt = Date.UTC(2026, 10, 22, 8)
    const token = await signToken(ownSigner(ownKey), { userId, issuedAt, ttlSeconds: 60, name: 'Alice' })
    const clock = { now: () => issuedAt }
    const verifier = new JwtVerifier({ clock, ownKey, jwtSecret: undefined, issuer: undefined, audience: undefined })
    expect(await verifier.verify(token)).toMatchObject({
      userId: 'alice',
      displayName: 'Alice',
      expiresAt: issuedAt + 60_000,
      service: false,
    })
  })
})
