import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { hostInTheClear } from '../../../../src/infrastructure/storage/postgres/encryption.ts'
import { openPostgresStore } from '../../../../src/infrastructure/storage/postgres/message-store.ts'
import { RunningServer } from '../../../e2e/server/running-server.ts'
import { TlsProxy } from '../../../storage/postgres/tls-proxy.ts'
import { freshDatabase } from '../../../support/postgres.ts'
import { skipWithout } from '../../../support/system-programs.ts'
import { until } from '../../../support/until.ts'

type Outcome = 'encrypted' | 'clear' | 'refused'

/** Of a server with a certificate for `localhost` from an authority of one's own, which is in the file ROOT. */
const modes: readonly (readonly [query: string, host: string, Outcome])[] = [
  ['', 'localhost', 'clear'],
  ['?sslmode=disable', 'localhost', 'clear'],
  ['?sslmode=verify-full', 'localhost', 'refused'],
  ['?sslmode=verify-full&sslrootcert=ROOT', 'localhost', 'encrypted'],
  ['?sslmode=verify-full&sslrootcert=ROOT', '127.0.0.1', 'refused'],
  ['?sslmode=verify-ca&sslrootcert=ROOT', '127.0.0.1', 'refused'],
  ['?sslmode=require', 'localhost', 'refused'],
  ['?sslmode=prefer', 'localhost', 'refused'],
  ['?sslmode=require&sslrootcert=ROOT', 'localhost', 'encrypted'],
  ['?ssl=true', 'localhost', 'refused'],
  ['?sslmode=no-verify', '127.0.0.1', 'encrypted'],
]

const openedBy = async (proxy: TlsProxy, url: string): Promise<Outcome> => {
  const before = { encrypted: proxy.encrypted, clear: proxy.clear }
  try {
    await using store = await openPostgresStore({ url })
    await store.ping()
  } catch {
    return 'refused'
  }
  const [encrypted, clear] = [proxy.encrypted > before.encrypted, proxy.clear > before.clear]
  expect(encrypted).not.toBe(clear)
  return encrypted ? 'encrypted' : 'clear'
}

const withoutOpenssl = skipWithout('openssl', spawnSync('openssl', ['version']).status === 0)

describe.skipIf(withoutOpenssl)('PostgreSQL behind TLS', () => {
  it('is reached as the documentation says of each sslmode', async () => {
    await using database = await freshDatabase()
    const { port, username, password, pathname } = new URL(database.url)
    await using proxy = await TlsProxy.listen(Number(port))
    const outcomes = []
    for (const [query, host] of modes) {
      const parameters = query.replace('ROOT', encodeURIComponent(proxy.certificateFile))
      const url = `postgres://${username}:${password}@${host}:${proxy.port}${pathname}${parameters}`
      outcomes.push([query, host, await openedBy(proxy, url)])
    }
    expect(outcomes).toEqual(modes)
  }, 60_000)
})

describe('a PostgreSQL that is reached in the clear', () => {
  it.each([
    ['postgres://u:p@db.example/x', 'db.example'],
    ['postgres://u:p@10.0.0.7/x?sslmode=disable', '10.0.0.7'],
    ['postgres://u:p@[2001:db8::7]/x', '2001:db8::7'],
    ['postgres://u:p@127.0.0.1.example/x', '127.0.0.1.example'],
    ['postgres://u:p@/x?host=db.example', 'db.example'],
    ['postgres://u:p@db.example/x?ssl=0', 'db.example'],
    ['postgres://u:p@db.example/x?sslmode=verify-full', undefined],
    ['postgres://u:p@db.example/x?ssl=true', undefined],
    ['postgres://u:p@db.example/x?sslmode=no-verify', undefined],
    ['postgres://u:p@localhost/x', undefined],
    ['postgres://u:p@127.0.0.5/x', undefined],
    ['postgres://u:p@[::1]/x', undefined],
    ['postgres:///x', undefined],
    ['postgres://u@/x?host=/var/run/postgresql', undefined],
  ])('is warned of where that goes over a network: %s', (url, host) => {
    expect(hostInTheClear(url)).toBe(host)
  })

  it('is warned of once at the start, by the name of its host and without the password', async () => {
    await using database = await freshDatabase()
    const url = new URL(database.url)
    // The same server by a name that is not one of the loopback.
    url.hostname = '0.0.0.0'
    await using server = await RunningServer.start({ environment: { DATABASE_URL: url.href } })
    const warnings = () => server.output.split('\n').filter(line => line.includes('without TLS'))
    await until(
      () => warnings().length > 0,
      () => server.output,
    )
    expect(warnings().map(line => JSON.parse(line))).toMatchObject([{ level: 'warn', host: '0.0.0.0' }])
    expect(server.output).not.toContain(`:${url.password}@`)
    await using quiet = await RunningServer.start({ environment: { DATABASE_URL: database.url } })
    expect(quiet.output).not.toContain('without TLS')
  })
})
