import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { freshDatabase } from './support/postgres.ts'

const bin = fileURLToPath(new URL('../bin/messenger.js', import.meta.url))
const run = promisify(execFile)

let directory: string
const running = new Set<ChildProcess>()
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'serve-'))
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
  rmSync(directory, { recursive: true })
})

interface Serving {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  readonly exit: Promise<number | null>
}

const serve = (...flags: readonly string[]): Serving => serveWith({}, ...flags)

const serveWith = (env: NodeJS.ProcessEnv, ...flags: readonly string[]): Serving => {
  const child = spawn(process.execPath, [bin, 'serve', ...flags], { cwd: directory, env })
  running.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const exit = new Promise<number | null>(resolve => child.once('close', code => resolve(code)))
  return { child, stdout: () => stdout, stderr: () => stderr, exit }
}

/** The URL in the start block, once it is printed. */
const urlOf = async ({ stderr, exit }: Serving): Promise<string> => {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline) {
    const url = /serves at (http:\S+)/.exec(stderr())?.[1]
    if (url !== undefined) return url
    await Promise.race([after(20), exit])
  }
  throw new Error(`no server came up: ${stderr()}`)
}

const messenger = (...argv: readonly string[]) => run(process.execPath, [bin, ...argv], { cwd: directory, env: {} })

describe('messenger serve', () => {
  it('prints where it serves and what to try next, and only log lines to standard output', async () => {
    const serving = serve('--port', '0')
    const url = await urlOf(serving)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    for (const part of [`${url}/graphql`, `${url.replace('http', 'ws')}/ws`, 'token --user alice', 'demo'])
      expect(serving.stderr()).toContain(part)
    serving.child.kill('SIGTERM')
    expect(await serving.exit).toBe(0)
    const lines = serving.stdout().trimEnd().split('\n')
    // Where a connection of the requests above is still open, the server logs that it drains.
    const messages = lines.map(line => JSON.parse(line).msg)
    expect(messages.filter(message => message !== 'draining')).toEqual(['serving', 'stopped'])
  })

  it('names the database that it was given in what to try next, and so does the demo, without the password', async () => {
    await using database = await freshDatabase()
    const flag = `--database-url=${database.url}`
    const shown = flag.replace(':messenger@', ':PASSWORD@')
    expect(shown).not.toBe(flag)
    const serving = serve('--port=0', flag)
    const url = await urlOf(serving)
    expect(serving.stderr()).toContain(`npm run -s messenger -- token --user alice ${shown}\n`)
    expect(serving.stderr()).toContain('Put your password in the place of PASSWORD.')
    const demo = await messenger('demo', '--url', url, flag)
    expect(demo.stdout).toContain('Put your password in the place of PASSWORD.')
    expect(demo.stdout).toContain(`npm run -s messenger -- token --user alice ${shown}\n`)
    const misspelt = await messenger('check', database.url).catch(error => error)
    expect(misspelt.stderr).toContain(shown.slice('--database-url='.length))
    for (const said of [serving.stderr(), serving.stdout(), demo.stdout, demo.stderr, misspelt.stderr])
      expect(said).not.toContain(':messenger@')
    const [file, spaced] = ['--database-url=file:other.db', '--database-url=file:two words.db']
    for (const [given, printed] of [
      [file, file],
      [spaced, `'${spaced}'`],
    ] as const) {
      const other = serve('--port=0', given)
      await urlOf(other)
      expect(other.stderr()).toContain(`token --user alice ${printed}\n`)
    }
    const third = serveWith({ DATABASE_URL: 'file:third.db' }, '--port=0')
    await urlOf(third)
    expect(third.stderr()).toContain('token --user alice --database-url=file:third.db\n')
  }, 60_000)

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'drains at %s and ends with 0, though it comes twice at once',
    async signal => {
      const serving = serve('--port=0')
      await urlOf(serving)
      serving.child.kill(signal)
      serving.child.kill(signal)
      expect(await serving.exit).toBe(0)
    },
  )

  it('ends at once with 1 at a second signal while a request holds the drain up', async () => {
    const serving = serve('--port=0', '--shutdown-seconds=60')
    const url = new URL(await urlOf(serving))
    const socket = connect(Number(url.port), url.hostname)
    const head = 'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n'
    socket.write(`${head}Expect: 100-continue\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 100 /)
    socket.on('error', () => undefined)
    serving.child.kill('SIGTERM')
    await after(600)
    expect(serving.child.exitCode).toBe(null)
    serving.child.kill('SIGTERM')
    expect(await serving.exit).toBe(1)
    socket.destroy()
  })

  it('says in one line that its port is taken, or its data', async () => {
    const first = serve('--port=0')
    const { port } = new URL(await urlOf(first))
    const samePort = serve(`--port=${port}`, '--database-url=file:other.db')
    expect(await samePort.exit).toBe(1)
    expect(samePort.stderr()).toMatch(/^Cannot listen on 127\.0\.0\.1:\d+: another process uses it already[^\n]+\n$/)
    const sameData = serve('--port=0')
    expect(await sameData.exit).toBe(1)
    expect(sameData.stderr()).toMatch(/^Another server is using [^\n]+\. Stop it first\.\n$/)
  })
})

const nodes = z.strictObject({
  data: z.object({ conversations: z.object({ edges: z.array(z.object({ node: z.unknown() })) }) }),
})

describe('messenger demo', () => {
  it('fills a running server, and run twice adds nothing', async () => {
    const url = await urlOf(serve('--port=0', '--log-level=warn'))
    const token = (await messenger('token', '--user', 'alice')).stdout.trim()
    const conversations = async (): Promise<unknown> => {
      const query = `{ conversations { edges { node {
        kind name lastSequence memberCount lastMessage { content { text } author { displayName } }
      } } } }`
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
      return nodes.parse(await answer.json()).data.conversations.edges.map(edge => edge.node)
    }
    const { stdout } = await messenger('demo', '--url', url)
    expect(stdout).toMatch(/^124 messages in 6 conversations of Alice Moreau, /)
    const first = await conversations()
    expect(first).toHaveLength(5)
    expect(first).toContainEqual(expect.objectContaining({ kind: 'CHANNEL', name: 'general', memberCount: 6 }))
    await messenger('demo', '--url', url)
    expect(await conversations()).toEqual(first)
    expect((await messenger('check')).stdout).toBe('0 findings\n')
  }, 60_000)

  it('says in one line that the server does not know its key', async () => {
    const url = await urlOf(serve('--port=0', '--log-level=warn'))
    const demo = messenger('demo', '--url', url, '--database-url=file:elsewhere/messenger.db')
    await expect(demo).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]+--token-secret\.\n$/) })
  })
})
