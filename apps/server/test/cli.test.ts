import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDuration } from '../src/commands/duration.ts'
import { JwtVerifier } from '../src/infrastructure/auth/jwt-verifier.ts'
import { loadOwnKey } from '../src/infrastructure/auth/own-key.ts'
import { ownKeyFile } from '../src/infrastructure/auth/own-key-file.ts'

const bin = fileURLToPath(new URL('../bin/messenger.js', import.meta.url))
let directory: string
let databaseUrl: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'))
  databaseUrl = `file:${join(directory, 'data', 'messenger.db')}`
})
afterAll(() => rmSync(directory, { recursive: true }))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const messenger = (argv: readonly string[], env: NodeJS.Dict<string> = {}): Promise<Ended> =>
  new Promise(resolve => {
    const options = { cwd: directory, env: { DATABASE_URL: databaseUrl, ...env } }
    execFile(process.execPath, [bin, ...argv], options, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    )
  })

describe('messenger', () => {
  it('tells what it can do, and its version', async () => {
    const { stdout, code } = await messenger(['--help'])
    expect(code).toBe(0)
    for (const word of ['serve', 'token', 'check', 'demo', 'migrate', 'scrub', 'AUTH_JWT_SECRET'])
      expect(stdout).toContain(word)
    expect((await messenger([])).stdout).toBe(stdout)
    expect((await messenger(['serve', '--help'])).stdout).toBe(stdout)
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect((await messenger(['--version'])).stdout).toBe(`${version}\n`)
  })

  it('knows no other commands', async () => {
    const { code, stderr } = await messenger(['constructor'])
    expect([code, stderr]).toEqual([1, 'messenger has no command "constructor": see messenger --help\n'])
  })
})

describe('messenger serve', () => {
  it('stops before the start with a line for each wrong setting', async () => {
    const { code, stdout, stderr } = await messenger(['serve', '--port', 'x', '--nope'], { LOG_LEVEL: 'loud' })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^--nope: /),
      expect.stringMatching(/^PORT: must .* \(example: PORT=4000\)$/),
      expect.stringMatching(/^LOG_LEVEL: must /),
    ])
  })
})

describe('on a file that cannot be the database', () => {
  it.each([
    ['a file of another kind', 'notes.txt', /^\/.*notes\.txt is not a SQLite database\. Name another/],
    [
      'a file in the place of a folder',
      'notes.txt/messenger.db',
      /^\/.*notes\.txt is not a folder, or is inside a file\./,
    ],
    ["another program's", 'other.db', /^The database file belongs to another program/],
  ])('messenger migrate says so of %s in one line', async (_what, path, line) => {
    writeFileSync(join(directory, 'notes.txt'), 'Buy milk and bread. '.repeat(100))
    using other = new DatabaseSync(join(directory, 'other.db'))
    other.exec('create table if not exists milk (bought integer)')
    const { code, stderr } = await messenger(['migrate', `--database-url=file:${join(directory, path)}`])
    expect(code).toBe(1)
    expect(stderr).toMatch(line)
    expect(stderr).toMatch(/^[^\n]+\n$/)
  })
})

describe('messenger token', () => {
  it('prints only a token, which the server of the same data accepts', async () => {
    const { code, stdout, stderr } = await messenger(['token', '--user', 'alice', '--ttl', '30m', '--name', 'Alice L.'])
    expect(code).toBe(0)
    expect(stderr).toMatch(/^Made a new signing key: .*messenger\.key\.json\. [^\n]+\n$/)
    expect((await messenger(['token', '--user', 'alice'])).stderr).toBe('')
    const ownKey = await loadOwnKey(ownKeyFile(join(directory, 'data', 'messenger.db')))
    const clock = { now: () => Date.now() }
    const verifier = new JwtVerifier({ clock, ownKey, jwtSecret: undefined, issuer: undefined, audience: undefined })
    const { userId, displayName, expiresAt } = await verifier.verify(stdout.trimEnd())
    expect([userId, displayName]).toEqual(['alice', 'Alice L.'])
    expect(Math.abs(expiresAt - Date.now() - 30 * 60_000)).toBeLessThan(20_000)
  })

  it.each([
    ['no user', []],
    ['an unknown flag', ['--usr', 'alice']],
    ['a user id that is none', ['--user', 'two words']],
    ['a duration that is none', ['--user', 'alice', '--ttl', 'soon']],
    ['a duration without a unit', ['--user', 'alice', '--ttl', '5']],
    ['a name that is empty', ['--user', 'alice', '--name', '']],
    ['something beside', ['--user', 'alice', 'bob']],
  ])('says in one line what is wrong with %s', async (_what, argv) => {
    const { code, stdout, stderr } = await messenger(['token', ...argv])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^[^\n]+\n$/)
  })

  it('takes durations of seconds, minutes, hours and days', () => {
    expect(['45s', '30m', '1h', '7d'].map(parseDuration)).toEqual([45, 1800, 3600, 604_800])
    for (const text of ['', '1', 'h', '0s', '-1h', '1.5h', '1h30m', '3651d', '999999999d'])
      expect(parseDuration(text)).toBeUndefined()
  })
})

describe('messenger migrate', () => {
  it.each([
    [['--from', 'file:a.db'], /^--from and --to go together\. Usage: /],
    [['--from', 'postgres://h/d', '--to', 'postgres://h/d'], /^--from names a file \(file:PATH\)\. Usage: /],
    [['--from', 'file:a.db', '--to', 'file:b.db'], /^--to names a database \(postgres:\/\/…\)\. Usage: /],
    [['--from', 'file:none.db', '--to', 'postgres://h/d'], /^There is nothing to move: .*none\.db does not exist\.$/],
  ])('called as %j says in one line what is wrong', async (flags, line) => {
    const { code, stderr } = await messenger(['migrate', ...flags])
    expect(code).toBe(1)
    expect(stderr.trimEnd()).toMatch(line)
  })

  it('tells a database that does not answer in one line', async () => {
    const file = join(directory, 'to-move', 'messenger.db')
    expect(await messenger(['migrate', '--database-url', `file:${file}`])).toMatchObject({ code: 0 })
    const { code, stderr } = await messenger([
      'migrate',
      '--from',
      `file:${file}`,
      '--to',
      'postgres://127.0.0.1:9/none',
    ])
    expect(code).toBe(1)
    expect(stderr.trimEnd()).toMatch(/^The database does not respond: .*$/)
  })

  it('opens a sealed file again', async () => {
    const file = join(directory, 'to-move', 'messenger.db')
    expect(await messenger(['migrate', '--from', `file:${file}`, '--reopen'])).toMatchObject({ code: 0 })
  })
})

describe('messenger check', () => {
  it('says so where there is no data', async () => {
    const { code, stderr } = await messenger(['check'], { DATABASE_URL: `file:${join(directory, 'nothing.db')}` })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^There is no data to check: .*nothing\.db does not exist\.\n$/)
  })

  it('finds nothing in data that migrate has made', async () => {
    const env = { DATABASE_URL: `file:${join(directory, 'new.db')}` }
    expect((await messenger(['migrate'], env)).code).toBe(0)
    expect(await messenger(['check'], env)).toMatchObject({ code: 0, stdout: '0 findings\n' })
  })
})

describe('on data of a newer messenger', () => {
  it.each([[['check']], [['serve', '--port=0']], [['migrate']], [['restore', '--new-epoch']]])(
    'messenger %j says so in one line',
    async argv => {
      const file = join(directory, `${argv.join('-')}.db`)
      expect((await messenger(['migrate', `--database-url=file:${file}`])).code).toBe(0)
      new DatabaseSync(file).exec('update meta set schema_version = 99')
      const { code, stderr } = await messenger([...argv, `--database-url=file:${file}`])
      expect(code).toBe(1)
      expect(stderr).toMatch(/^The database has schema 99[^\n]+\n$/)
    },
  )
})

describe('messenger demo', () => {
  it('says in one line where there is no server, or none that it knows', async () => {
    const { code, stderr } = await messenger(['demo', '--url', 'http://127.0.0.1:9'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^No server answers at [^\n]+\n$/)
    expect((await messenger(['demo', '--url', 'nowhere'])).stderr).toMatch(/^--url is not an http URL[^\n]+\n$/)
  })
})
