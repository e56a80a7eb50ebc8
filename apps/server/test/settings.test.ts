import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rateLimitNames, rateLimits } from '../src/services/limits/limit-table.ts'
import { describeSettings, readSettings, type SettingSources, SettingsError } from '../src/settings.ts'

const secret = 'x'.repeat(32)
let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'settings-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

const missing = '/nowhere/.env'
const read = (sources: SettingSources = {}) => readSettings({ argv: [], env: {}, envFile: missing, ...sources })

const faultsOf = (sources: SettingSources): readonly string[] => {
  try {
    read(sources)
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n')
    throw error
  }
  return []
}

describe('settings', () => {
  it('have a default each', () => {
    expect(read()).toEqual({
      host: '127.0.0.1',
      port: 4000,
      database: { kind: 'sqlite', file: resolve('data/messenger.db') },
      nats: undefined,
      auth: { jwtSecret: undefined, issuer: undefined, audience: undefined },
      transports: new Set(['graphql', 'websocket']),
      allowedOrigins: 'own',
      logLevel: 'info',
      production: false,
      introspection: 'everyone',
      graphqlExecutor: 'compiled',
      graphiql: true,
      metricsPort: undefined,
      maxTextLength: 10_000,
      rates: Object.fromEntries(
        rateLimitNames.map(name => [name, { perSecond: rateLimits[name].perSecond, burst: rateLimits[name].burst }]),
      ),
      maxGroupsPerUser: 1000,
      maxMembersPerGroup: 100_000,
      maxNamedUsersPerUser: 10_000,
      maxConnectionsPerUser: 100,
      maxSubscriptionsPerConnection: 500,
      recentEventsMegabytes: 64,
      scrubHour: 3,
      heartbeatSeconds: 30,
      drainNoticeSeconds: 0,
      shutdownSeconds: 10,
    })
  })

  it('come from flags before the environment before the .env file', () => {
    const envFile = join(directory, '.env')
    writeFileSync(envFile, `PORT=1\nHOST=file.example\nLOG_LEVEL="debug" # quoted\nAUTH_JWT_SECRET=${secret}\n`)
    const env = { PORT: '2', HOST: 'env.example' }
    const settings = read({ argv: ['--port', '3', '--max-text-length=5'], env, envFile })
    expect(settings).toMatchObject({ port: 3, host: 'env.example', logLevel: 'debug', maxTextLength: 5 })
    expect(settings.auth.jwtSecret).toBe(secret)
  })

  it('count an empty variable as unset', () => {
    expect(read({ env: { PORT: '', AUTH_JWT_SECRET: '' } })).toMatchObject({ port: 4000 })
  })

  it('take transports and origins as comma lists', () => {
    const settings = read({
      env: { TRANSPORTS: 'websocket', ALLOWED_ORIGINS: 'https://Chat.example.com, capacitor://localhost' },
    })
    expect(settings.transports).toEqual(new Set(['websocket']))
    expect(settings.allowedOrigins).toEqual(new Set(['https://chat.example.com', 'capacitor://localhost']))
    expect(read({ env: { ALLOWED_ORIGINS: '*' } }).allowedOrigins).toBe('any')
  })

  it('take a file by a relative path, an absolute one and a URL', () => {
    const file = (url: string) => read({ env: { DATABASE_URL: url } }).database
    expect(file('file:chat.db')).toEqual({ kind: 'sqlite', file: resolve('chat.db') })
    expect(file('file:/var/lib/chat.db')).toEqual({ kind: 'sqlite', file: '/var/lib/chat.db' })
    expect(file('file:///var/lib/a%20chat.db')).toEqual({ kind: 'sqlite', file: '/var/lib/a chat.db' })
  })

  it.each([
    [{}, false, 'everyone'],
    [{ NODE_ENV: 'development' }, false, 'everyone'],
    [{ NODE_ENV: 'production' }, true, 'authenticated'],
    [{ NODE_ENV: 'production', INTROSPECTION: 'on' }, true, 'everyone'],
    [{ NODE_ENV: 'production', INTROSPECTION: 'off' }, true, 'nobody'],
    [{ INTROSPECTION: 'off' }, false, 'nobody'],
  ])('say of %j whether this is production, and who may query the schema', (env, production, introspection) => {
    expect(read({ env })).toMatchObject({ production, introspection })
  })

  it('take trusted proxies as a comma list of addresses and ranges', () => {
    const { trustedProxies } = read({ env: { TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8, fd00::/8' } })
    expect(['127.0.0.1', '10.9.9.9', '127.0.0.2'].map(address => trustedProxies?.check(address))).toEqual([
      true,
      true,
      false,
    ])
    expect(faultsOf({ env: { TRUSTED_PROXIES: 'proxy.example' } })).toEqual([
      'TRUSTED_PROXIES: must be a comma list of addresses and CIDR ranges, not "proxy.example" (example: TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8)',
    ])
  })

  it('take a rate as RATE/BURST, and 0 for none', () => {
    const { rates } = read({ env: { RATE_LIMIT_SENDS: '0.5/7', RATE_LIMIT_REQUESTS: '0' } })
    expect(rates.sends).toEqual({ perSecond: 0.5, burst: 7 })
    expect(rates.requests).toBeUndefined()
  })

  it.each(['5', '5/', '/5', '0/5', '5/0', '-1/5', '5/1.5', '1e3/5', '5 / 5', 'off'])('take no rate from "%s"', text => {
    expect(faultsOf({ env: { RATE_LIMIT_SENDS: text } })).toEqual([
      `RATE_LIMIT_SENDS: must be RATE/BURST (tokens a second, and a burst of at least 1), or 0 for no limit, not "${text}" (example: RATE_LIMIT_SENDS=20/200)`,
    ])
  })

  it('take no rate of additions that would never let the largest command through', () => {
    expect(faultsOf({ env: { RATE_LIMIT_ADDITIONS: '10/99' } })).toHaveLength(1)
    expect(faultsOf({ env: { RATE_LIMIT_ADDITIONS: '10/100' } })).toEqual([])
  })

  it('take the hour of the daily scrub, or off', () => {
    for (const hour of ['0', '9', '10', '23']) expect(read({ env: { SCRUB_HOUR: hour } }).scrubHour).toBe(Number(hour))
    expect(read({ env: { SCRUB_HOUR: 'off' } }).scrubHour).toBeUndefined()
    for (const wrong of ['24', '-1', '3:30', 'on', '03'])
      expect(faultsOf({ env: { SCRUB_HOUR: wrong } })).toEqual([
        `SCRUB_HOUR: must be an hour from 0 to 23, or off, not "${wrong}" (example: SCRUB_HOUR=3)`,
      ])
  })

  it('take introspection as on or off and nothing else', () => {
    expect(faultsOf({ env: { INTROSPECTION: 'maybe' } })).toEqual([
      'INTROSPECTION: must be on or off, not "maybe" (example: INTROSPECTION=off)',
    ])
  })

  it('report every fault at once, one line each with the variable, what is wrong and an example', () => {
    const faults = faultsOf({
      argv: ['--port', 'many', '--colour=red', 'stray', '--host'],
      env: { LOG_LEVEL: 'loud', MAX_TEXT_LENGTH: '0', TRANSPORTS: 'graphql,pigeon', ALLOWED_ORIGINS: 'example.com' },
    })
    expect(faults).toEqual([
      '--colour: is not a flag of serve: see messenger --help',
      'stray: is not a flag (example: --port 4000)',
      '--host: has no value',
      'PORT: must be a whole number from 0 to 65535, not "many" (example: PORT=4000)',
      'TRANSPORTS: must name one or both of graphql and websocket, not "graphql,pigeon" (example: TRANSPORTS=graphql,websocket)',
      'ALLOWED_ORIGINS: must be * or a comma list of origins (scheme, host and port, no path), not "example.com" (example: ALLOWED_ORIGINS=https://chat.example.com,http://localhost:5173)',
      'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, not "loud" (example: LOG_LEVEL=info)',
      'MAX_TEXT_LENGTH: must be a whole number from 1 to 100000, not "0" (example: MAX_TEXT_LENGTH=10000)',
    ])
  })

  it('refuse a secret under 32 bytes without showing it', () => {
    const [fault, ...others] = faultsOf({ env: { AUTH_JWT_SECRET: 'hunter2' } })
    expect(fault).toContain('AUTH_JWT_SECRET: must have at least 32 bytes')
    expect(fault).not.toContain('hunter2')
    expect(others).toEqual([])
    expect(faultsOf({ env: { AUTH_JWT_SECRET: 'é'.repeat(16) } })).toEqual([])
  })

  it('name the servers of the bus, and refuse what names none without showing a password', () => {
    const addresses = [
      { host: 'one', port: 4222, tls: false, user: 'ann', password: 'hunter2' },
      { host: 'two', port: 4223, tls: true },
    ]
    const env = { NATS_URL: 'nats://ann:hunter2@one,tls://two:4223' }
    expect(readSettings({ env, envFile: '/nowhere' }).nats).toEqual(addresses)
    const [fault, ...others] = faultsOf({ env: { NATS_URL: 'http://ann:hunter2@one' } })
    expect(fault).toBe(
      'NATS_URL: must be nats://host:port or tls://user:password@host:port, several with commas between (example: NATS_URL=nats://127.0.0.1:4222)',
    )
    expect(others).toEqual([])
  })

  it('refuse a NODE_ENV that is mistyped', () => {
    expect(faultsOf({ env: { NODE_ENV: 'prod' } })).toEqual([
      'NODE_ENV: must be production, development or test, not "prod" (example: NODE_ENV=production)',
    ])
  })

  it('say of what comes later that it does', () => {
    const faults = faultsOf({
      env: { AUTH_JWKS_URL: 'https://keys' },
    })
    expect(faults).toEqual(['AUTH_JWKS_URL: is not supported yet. Remove it'])
  })

  it('take a PostgreSQL database by its URL, and never show its password', () => {
    const url = 'postgres://chat:hunter2@db.example.com:5433/chat?sslmode=require'
    expect(read({ env: { DATABASE_URL: url } }).database).toEqual({ kind: 'postgres', url })
    const wrong = 'postgres://chat:hunter2@:x/'
    for (const sources of [{ env: { DATABASE_URL: wrong } }, { argv: [`--database-url=${wrong}`] }])
      expect(faultsOf(sources)).toEqual([
        'DATABASE_URL: must be a complete URL of a PostgreSQL database (example: DATABASE_URL=postgres://user:password@host/database)',
      ])
  })

  it.each([
    'file:',
    'file::memory:',
    'sqlite.db',
    'file:a.db?mode=ro',
    'file://host/a.db',
    'file:///a%2Fb.db',
    'file:///a%zz',
  ])('refuse %s as a database', url => {
    expect(faultsOf({ env: { DATABASE_URL: url } })).toHaveLength(1)
  })

  it('refuse an issuer that nothing would check', () => {
    expect(faultsOf({ env: { AUTH_ISSUER: 'https://login.example.com' } })).toHaveLength(1)
    const env = { AUTH_ISSUER: 'https://login.example.com', AUTH_AUDIENCE: 'chat', AUTH_JWT_SECRET: secret }
    expect(read({ env }).auth).toEqual({ jwtSecret: secret, issuer: 'https://login.example.com', audience: 'chat' })
  })

  it('report a .env that cannot be read', () => {
    expect(faultsOf({ envFile: directory })[0]).toContain('cannot be read')
  })

  it('are described each in a line', () => {
    expect(describeSettings().split('\n')).toHaveLength(37)
    expect(describeSettings()).toMatch(/^ {2}PORT {2,}the port .* \[4000\]$/m)
  })
})
