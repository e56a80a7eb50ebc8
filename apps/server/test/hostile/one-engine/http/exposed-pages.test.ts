import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../../../../src/main.ts'
import { readSettings } from '../../../../src/settings.ts'
import { silentLog } from '../../../backend.ts'

let folder: string
const servers: RunningServer[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'messenger-'))
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const settingsOf = (env: Record<string, string>) => readSettings({ env, envFile: '/nowhere/.env' })

const start = async (env: Record<string, string>): Promise<RunningServer> => {
  const database = `file:${folder}/${servers.length}.db`
  const server = await startServer(settingsOf({ PORT: '0', DATABASE_URL: database, SHUTDOWN_SECONDS: '1', ...env }), {
    log: silentLog,
  })
  servers.push(server)
  return server
}

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

describe('GraphiQL', () => {
  it.each([
    [{}, true],
    [{ NODE_ENV: 'production' }, false],
    [{ NODE_ENV: 'production', GRAPHIQL: 'on' }, true],
    [{ GRAPHIQL: 'off' }, false],
  ])('with %j is there: %s', async (env, there) => {
    expect(settingsOf(env).graphiql).toBe(there)
    const { url } = await start(env)
    const answer = await fetch(`${url}/graphql`, { headers: browser })
    const page = await answer.text()
    expect(page.includes('YogaGraphiQL')).toBe(there)
    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual(
      there ? [200, 'text/html'] : [400, 'application/json'],
    )
    if (!there) expect(page).toContain('GraphiQL is off. Set GRAPHIQL=on')
    expect((await (await fetch(url)).text()).includes('GraphiQL')).toBe(there)
  })

  it('runs its own scripts alone, and talks to its own server alone', async () => {
    const { url } = await start({})
    const { headers } = await fetch(`${url}/graphql`, { headers: browser })
    const policy = new Map(
      (headers.get('content-security-policy') ?? '').split('; ').map(rule => {
        const [name = '', ...sources] = rule.split(' ')
        return [name, sources]
      }),
    )
    expect(policy.get('default-src')).toEqual(["'none'"])
    expect(policy.get('connect-src')).toEqual(["'self'"])
    expect(policy.get('frame-ancestors')).toEqual(["'none'"])
    const scripts = policy.get('script-src') ?? []
    expect(scripts.length).toBeGreaterThan(0)
    expect(scripts.filter(source => !source.startsWith("'sha256-"))).toEqual([])
    expect(headers.get('vary')).toMatch(/Origin/)
    expect(headers.get('vary')).toMatch(/Accept-Encoding/)
  })

  it.each([
    ['gzip', 'gzip'],
    ['GZIP;q=0.1', 'gzip'],
    ['gzip;q=0', null],
    ['identity', null],
    ['x-gzip-like', null],
  ])('comes compressed to whom that suits: %s', async (accepted, coding) => {
    const { url } = servers[0] ?? (await start({}))
    const answer = await fetch(`${url}/graphql`, { headers: { ...browser, 'accept-encoding': accepted } })
    await answer.body?.cancel()
    expect(answer.headers.get('content-encoding')).toBe(coding)
  })
})

describe('the metrics', () => {
  it('are on the main port where no other is named', async () => {
    const { url, metricsUrl } = await start({})
    expect(metricsUrl).toBeUndefined()
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('messenger_connections')
  })

  it('are on a port of their own, and on that alone, where one is named', async () => {
    const { url, metricsUrl = '' } = await start({ METRICS_PORT: '0' })
    expect(new URL(metricsUrl).port).not.toBe(new URL(url).port)
    expect(await (await fetch(metricsUrl)).text()).toContain('messenger_connections')
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
    expect(await (await fetch(url)).text()).not.toContain('/metrics')
    for (const path of ['/', '/graphql', '/readyz', '/schema.graphql'])
      expect((await fetch(new URL(path, metricsUrl))).status).toBe(404)
  })

  it('take no port that something else listens on, and the server does not start', async () => {
    const { port } = servers[0] ?? (await start({}))
    await expect(start({ METRICS_PORT: String(port) })).rejects.toThrow(/choose another METRICS_PORT/)
    expect(() => settingsOf({ PORT: '4000', METRICS_PORT: '4000' })).toThrow(
      /METRICS_PORT: must be another port than PORT/,
    )
  })
})

it('the contracts are only read', async () => {
  const { url } = servers[0] ?? (await start({}))
  for (const path of ['/schema.graphql', '/asyncapi.json', '/metrics', '/']) {
    const { status, headers } = await fetch(`${url}${path}`, { method: 'POST' })
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  }
})
