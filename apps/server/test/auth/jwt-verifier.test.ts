import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Instant, parseUserId } from '@cpc-messenger/messenger'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IdentityCache } from '../../src/infrastructure/auth/identity-cache.ts'
import { JwtVerifier, type JwtVerifierOptions } from '../../src/infrastructure/auth/jwt-verifier.ts'
import { loadOwnKey, type OwnKey } from '../../src/infrastructure/auth/own-key.ts'
import { ownKeyFile } from '../../src/infrastructure/auth/own-key-file.ts'
import { codeOf, identityVerifierContract } from './identity-verifier.contract.ts'

const jwtSecret = 'a secret that only the two of them know'
const secretBytes = new TextEncoder().encode(jwtSecret)
const start: Instant = Date.UTC(2026, 10, 22, 8)
const exp = start / 1000 + 3600

let directory: string
let ownKey: OwnKey
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'auth-'))
  ownKey = await loadOwnKey(ownKeyFile(join(directory, 'messenger.db')))
})
afterAll(() => rmSync(directory, { recursive: true }))

const verifierWith = (options: Partial<JwtVerifierOptions> = {}, now = () => start): JwtVerifier =>
  new JwtVerifier({ clock: { now }, ownKey, jwtSecret, issuer: undefined, audience: undefined, ...options })

const bySecret = (claims: object, header: object = {}): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg: 'HS256', ...header }).sign(secretBytes)

const byOwnKey = (claims: object, kid: string | undefined = ownKey.kid): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'EdDSA', ...(kid === undefined ? {} : { kid }) })
    .sign(ownKey.privateKey)

const setUpWith = (sign: (claims: object) => Promise<string>) => async () => {
  let at = start
  const setNow = (now: Instant): void => {
    at = now
  }
  return { verifier: verifierWith({}, () => at), sign, now: () => at, setNow }
}
identityVerifierContract('the secret', setUpWith(bySecret))
identityVerifierContract('the own key', setUpWith(byOwnKey))

const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('forged tokens', () => {
  const claims = { sub: 'alice', exp }
  const refused = async (token: string): Promise<void> =>
    expect(await codeOf(verifierWith().verify(token))).toBe('UNAUTHENTICATED')

  it.each(['none', 'None', 'NONE', ''])('with the algorithm %j are refused', async alg => {
    await refused(`${base64url({ alg })}.${base64url(claims)}.`)
    await refused(`${base64url({ alg, kid: ownKey.kid })}.${base64url(claims)}.`)
  })

  it('signed as HS256 with the public key are refused', async () => {
    const { x, ...jwk } = await exportJWK(ownKey.publicKey)
    const signingInput = `${base64url({ alg: 'HS256', kid: ownKey.kid })}.${base64url(claims)}`
    for (const key of [x ?? '', Buffer.from(x ?? '', 'base64url'), JSON.stringify({ ...jwk, x })])
      await refused(`${signingInput}.${createHmac('sha256', key).update(signingInput).digest('base64url')}`)
  })

  it('with the key in their own header are refused', async () => {
    const other = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
    const jwk = await exportJWK(other.publicKey)
    const header = { alg: 'EdDSA', kid: ownKey.kid, jwk }
    await refused(await new SignJWT(claims).setProtectedHeader(header).sign(other.privateKey))
  })

  it('of the own key under another kid, or none, are refused', async () => {
    await refused(await byOwnKey(claims, 'another'))
    await refused(await new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA' }).sign(ownKey.privateKey))
  })

  it('of another algorithm with the same secret are refused', async () => {
    await refused(await new SignJWT(claims).setProtectedHeader({ alg: 'HS512' }).sign(Buffer.alloc(64, jwtSecret)))
  })

  it('of an extension that is not understood are refused', async () => {
    const input = `${base64url({ alg: 'HS256', crit: ['exotic'], exotic: true })}.${base64url(claims)}`
    await refused(`${input}.${createHmac('sha256', jwtSecret).update(input).digest('base64url')}`)
  })

  it('over 8 KiB are refused, however well signed', async () => {
    await refused(await bySecret({ ...claims, padding: 'x'.repeat(8192) }))
  })
})

describe('the verifier', () => {
  it('rejects HS256 tokens where no secret is set', async () => {
    const verifier = verifierWith({ jwtSecret: undefined })
    expect(await codeOf(verifier.verify(await bySecret({ sub: 'alice', exp })))).toBe('UNAUTHENTICATED')
    expect(await codeOf(verifier.verify(await byOwnKey({ sub: 'alice', exp })))).toBe('OK')
  })

  it('requires the configured issuer and audience, unless its own key signed the token', async () => {
    const verifier = verifierWith({ issuer: 'https://login.example.com', audience: 'chat' })
    const code = async (iss?: string, aud?: string | string[]) =>
      codeOf(verifier.verify(await bySecret({ sub: 'alice', exp, iss, aud })))
    expect(await code('https://login.example.com', 'chat')).toBe('OK')
    expect(await code('https://login.example.com', ['mail', 'chat'])).toBe('OK')
    expect(await code('https://login.example.com', 'mail')).toBe('UNAUTHENTICATED')
    expect(await code('https://evil.example.com', 'chat')).toBe('UNAUTHENTICATED')
    expect(await code()).toBe('UNAUTHENTICATED')
    expect(await codeOf(verifier.verify(await byOwnKey({ sub: 'alice', exp })))).toBe('OK')
  })

  it('reports an expired token of another issuer as invalid, not as expired', async () => {
    const verifier = verifierWith({ issuer: 'https://login.example.com' })
    const token = await bySecret({ sub: 'alice', exp: exp - 7200, iss: 'https://evil.example.com' })
    expect(await codeOf(verifier.verify(token))).toBe('UNAUTHENTICATED')
  })
})

describe('cached tokens', () => {
  it('return the same identity without a second verification', async () => {
    const verifier = verifierWith()
    const token = await bySecret({ sub: 'alice', exp })
    expect(await verifier.verify(token)).toBe(await verifier.verify(token))
  })

  it('are bounded, and the most recently used are kept', () => {
    const cache = new IdentityCache(2)
    const ids = ['a', 'b', 'c'].map(parseUserId).filter(id => id !== undefined)
    for (const userId of ids) {
      const plain = { issuedAt: 0, sessionId: undefined, service: false, administrator: false }
      const profile = { displayName: undefined, avatarUrl: undefined, profileAsOf: 0 }
      cache.remember(userId, { userId, expiresAt: 1, ...profile, ...plain })
      cache.find('a')
    }
    expect(cache.size).toBe(2)
    expect(ids.map(id => cache.find(id)?.userId)).toEqual(['a', undefined, 'c'])
  })
})
