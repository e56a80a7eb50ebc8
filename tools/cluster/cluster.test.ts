import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ask } from '../../apps/server/test/e2e/server/graphql-request.ts'
import { PlainClient } from '../../apps/server/test/e2e/server/plain-client.ts'
import { skipWithoutNats } from '../../apps/server/test/support/nats-server.ts'
import { freePort } from './free-port.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const startMs = 60_000

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The command in a process of its own, with a folder of its own for what is temporary. */
class Command implements AsyncDisposable {
  readonly folder: string
  readonly child: ChildProcess
  output = ''

  private constructor(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    this.folder = folder
    this.child = spawn(process.execPath, ['tools/cluster/main.ts', ...args], {
      cwd: root,
      env: { ...process.env, TMPDIR: folder, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', text => {
        this.output += String(text)
      })
  }

  static async run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Command> {
    const folder = await mkdtemp(join(tmpdir(), 'cluster-test-'))
    // PostgreSQL may run as another account.
    execFileSync('chmod', ['711', folder])
    return new Command(folder, args, environment)
  }

  async started(): Promise<void> {
    await expect.poll(() => this.output, { timeout: startMs, interval: 100 }).toContain('Ctrl-C stops all of it.')
  }

  /** What follows these words in a line of the output. */
  after(words: string): string {
    const line = this.output.split('\n').find(text => text.includes(words)) ?? ''
    return line.slice(line.indexOf(words) + words.length).trim()
  }

  /** The processes that it has started, the watchers among them. */
  children(): readonly number[] {
    const lines = execFileSync('ps', ['-A', '-o', 'ppid=,pid='], { encoding: 'utf8' }).split('\n')
    const pairs = lines.map(line => line.trim().split(/\s+/).map(Number))
    return pairs.flatMap(([parent, pid]) => (parent === this.child.pid && pid !== undefined ? [pid] : []))
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit')
    return this.child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended()
    await rm(this.folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
  }
}

const leavesNothing = async (command: Command, children: readonly number[]): Promise<void> => {
  await expect.poll(() => children.filter(isAlive), { timeout: 15_000 }).toEqual([])
  await expect
    .poll(async () => (await readdir(command.folder)).filter(name => name.startsWith('messenger')), { timeout: 5000 })
    .toEqual([])
}

describe.skipIf(skipWithoutNats())('npm run cluster', () => {
  it('starts three nodes that are one server, and Ctrl-C leaves no process and no file', async () => {
    await using command = await Command.run(['--port', '0'])
    await command.started()
    const children = command.children()
    expect(children.length).toBeGreaterThanOrEqual(5)
    const url = command.after('serves at ').split(',')[0] ?? ''
    const nodes = [1, 2, 3].map(number => command.after(`  node ${number} `))
    expect(new Set(nodes).size).toBe(3)

    const [alice, bob] = ['alice', 'bob'].map(name => {
      const words = command.after('npm run -s messenger -- token --user alice ')
      return execFileSync('npm', ['run', '-s', 'messenger', '--', 'token', '--user', name, words], {
        cwd: root,
        encoding: 'utf8',
      }).trim()
    })
    const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
      url,
      alice,
      'mutation { createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob"] }) { conversation { id } } }',
    )
    const { id } = createConversation.conversation
    for (const at of [nodes[2] ?? '', url]) {
      await using client = await PlainClient.connect({ webSocketUrl: at.replace('http', 'ws') }, bob)
      await client.frame('Connected')
      client.send({ type: 'Subscribe', conversationId: id })
      await client.frame('Subscribed')
      await ask(
        nodes[0] ?? '',
        alice,
        'mutation ($id: ID!) { sendMessage(input: { conversationId: $id, content: { text: { text: "over" } } }) { message { id } } }',
        { id },
      )
      expect(await client.frame('MessageCreated')).toMatchObject({ message: { content: { text: 'over' } } })
    }
    const ready = await Promise.all([1, 2, 3, 4].map(() => fetch(`${url}/readyz`)))
    expect(ready.map(({ status }) => status)).toEqual([200, 200, 200, 200])

    command.child.kill('SIGINT')
    expect(await command.ended()).toBe(0)
    await leavesNothing(command, children)
  }, 120_000)

  it('stops as a whole, and prints why, when a node dies', async () => {
    await using command = await Command.run(['--port', '0'])
    await command.started()
    const children = command.children()
    const node = children.find(pid => execFileSync('ps', ['-o', 'args=', '-p', String(pid)]).includes('messenger.js'))
    process.kill(node ?? Number.NaN, 'SIGKILL')
    expect(await command.ended()).toBe(1)
    expect(command.output).toMatch(/node-\d has ended: stopping everything else/)
    await leavesNothing(command, children)
  }, 120_000)

  it('leaves no process and no file when it is killed itself', async () => {
    await using command = await Command.run(['--port', '0'])
    await command.started()
    const children = command.children()
    command.child.kill('SIGKILL')
    await leavesNothing(command, children)
  }, 120_000)

  it('keeps the data in the folder of --data', async () => {
    await using command = await Command.run(['--port', '0', '--data', join(tmpdir(), `kept-${process.pid}`)])
    await command.started()
    command.child.kill('SIGTERM')
    await command.ended()
    const kept = join(tmpdir(), `kept-${process.pid}`)
    expect(await readdir(join(kept, 'postgres', 'data'))).toContain('PG_VERSION')
    await rm(kept, { recursive: true })
  }, 120_000)
})

describe('npm run cluster, started wrongly', () => {
  it('says in a line how to get a nats-server where there is none', async () => {
    await using command = await Command.run(['--port', '0'], { NATS_SERVER: '/nonexistent' })
    expect(await command.ended()).toBe(1)
    expect(command.output).toBe('NATS_SERVER names /nonexistent, which is not a program\n')
  })

  it.each([
    [['--port', 'x'], '--port must be a whole number'],
    [['--nodes', '5'], "Unknown option '--nodes'"],
  ])('%j', async (args, said) => {
    await using command = await Command.run(args)
    expect(await command.ended()).toBe(1)
    expect(command.output).toContain(said)
  })

  it.skipIf(skipWithoutNats())(
    'says which port is taken, and leaves nothing',
    async () => {
      const { TcpProxy } = await import('./tcp-proxy.ts')
      await using taken = await TcpProxy.listen(await freePort(), [1])
      await using command = await Command.run(['--port', String(taken.port)])
      expect(await command.ended()).toBe(1)
      expect(command.output).toContain(`port ${taken.port} is taken: choose another with --port\n`)
      await leavesNothing(command, command.children())
    },
    60_000,
  )

  it.skipIf(skipWithoutNats())(
    "says that a node's port is taken, also by what never answers",
    async () => {
      await using silent = createServer().listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const address = silent.address()
      if (address === null || typeof address === 'string') throw new TypeError('no port')
      await using command = await Command.run(['--port', String(address.port - 1)])
      expect(await command.ended()).toBe(1)
      expect(command.output).toContain(`port ${address.port} is taken: choose another with --port\n`)
      await leavesNothing(command, command.children())
    },
    60_000,
  )
})
