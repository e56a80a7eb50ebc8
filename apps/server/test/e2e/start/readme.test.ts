import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../../../../tools/cluster/free-port.ts'
import { until } from '../../support/until.ts'
import { ask } from '../server/graphql-request.ts'
import { type Block, blocksOf } from './readme-blocks.ts'

const root = fileURLToPath(new URL('../../../../..', import.meta.url))

interface Stream {
  readonly shell: ChildProcess
  /** Resolves when it has ended and its output is whole. */
  readonly closed: Promise<unknown>
  readonly output: () => string
}

/** The machine may be busy with other things: npm alone takes seconds then. */
const waitMs = 30_000

/** A newcomer who walks the README from top to bottom, on a port and in a folder of their own. */
class Newcomer implements AsyncDisposable {
  /** What each block but those of the server has printed or was answered, so far. */
  readonly outputs: (() => string)[] = []
  readonly #folder: string
  readonly #port: number
  #server: ChildProcess | undefined
  /** What runs in the second terminal until the server or someone ends it. */
  #stream: Stream | undefined
  #conversationId = ''
  #messageId = ''

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.#port = port
  }

  static async arrive(): Promise<Newcomer> {
    return new Newcomer(await mkdtemp(join(tmpdir(), 'messenger-readme-')), await freePort())
  }

  async run(block: Block): Promise<void> {
    const text = block.text
      .replaceAll('127.0.0.1:4000', `127.0.0.1:${this.#port}`)
      .replaceAll('data/', `${this.#folder}/`)
      .replaceAll('conv_…', this.#conversationId)
      .replaceAll('msg_…', this.#messageId)
    if (block.note === 'server') await this.#serve(text)
    else if (block.note === 'stream') this.outputs.push(await this.#listen(text))
    else {
      const output = block.language === 'graphql' ? await this.#operate(text) : await this.#shell(text)
      this.outputs.push(() => output)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endStream()
    await this.#stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #environment(): NodeJS.ProcessEnv {
    const { PATH, HOME } = process.env
    return {
      PATH,
      HOME,
      PORT: String(this.#port),
      DATABASE_URL: `file:${this.#folder}/messenger.db`,
      LOG_LEVEL: 'warn',
    }
  }

  async #operate(query: string): Promise<string> {
    const token = (await this.#shell('npm run -s messenger -- token --user alice')).trim()
    const answer = JSON.stringify(await ask(`http://127.0.0.1:${this.#port}`, token, query))
    this.#conversationId = /conv_\w+/.exec(answer)?.[0] ?? this.#conversationId
    this.#messageId = /msg_\w+/.exec(answer)?.[0] ?? this.#messageId
    const sent = /text: "([^"]+)"/.exec(query)?.[1]
    const { output } = this.#stream ?? {}
    if (sent !== undefined && output !== undefined)
      await until(
        () => output().includes(sent),
        () => `${sent} is shown in the second terminal: ${output()}`,
        waitMs,
      )
    return answer
  }

  /** A block that stops and starts the server. What `npm ci` does was done before this test could run. */
  async #serve(text: string): Promise<void> {
    await this.#stop()
    await this.#streamEnded()
    const commands = text.split('\n').filter(line => line !== '' && line !== 'npm ci')
    expect(commands).toEqual(['npm start'])
    this.#server = spawn('npm', ['start'], { cwd: root, env: this.#environment, stdio: 'ignore', detached: true })
    await until(() => this.#answers(), 'npm start serves', 60_000)
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.#port}/readyz`)).ok
    } catch {
      return false
    }
  }

  /** As Ctrl-C does: to the whole group. */
  async #stop(): Promise<void> {
    const server = this.#server
    if (server?.pid === undefined || server.exitCode !== null) return
    const exit = once(server, 'exit')
    process.kill(-server.pid, 'SIGINT')
    await exit
    await until(async () => !(await this.#answers()), 'the server is gone', waitMs)
  }

  /** Answers, once something has come, what has come whenever it is asked. */
  async #listen(text: string): Promise<() => string> {
    await this.#endStream()
    const shell = this.#spawn(text)
    const closed = once(shell, 'close')
    let printed = ''
    shell.stdout?.on('data', (data: Buffer) => {
      printed += data
    })
    const output = () => printed
    this.#stream = { shell, closed, output }
    await until(() => output() !== '', 'something has come in the second terminal', waitMs)
    return output
  }

  /** The server has gone down: what it sent last is in the file once all of the pipe has ended. */
  async #streamEnded(): Promise<void> {
    const late = after(waitMs, 'late', { ref: false })
    if ((await Promise.race([this.#stream?.closed, late])) === 'late') throw new Error("Bob's stream does not end")
    this.#stream = undefined
  }

  async #endStream(): Promise<void> {
    const { shell, closed } = this.#stream ?? {}
    this.#stream = undefined
    if (shell?.pid === undefined || shell.exitCode !== null || shell.signalCode !== null) return
    process.kill(-shell.pid, 'SIGINT')
    await closed
  }

  async #shell(text: string): Promise<string> {
    const shell = this.#spawn(text)
    const output = { out: '', err: '' }
    shell.stdout?.on('data', (data: Buffer) => (output.out += data))
    shell.stderr?.on('data', (data: Buffer) => (output.err += data))
    const [code] = await once(shell, 'close')
    if (code !== 0) throw new Error(`${text}\nended with ${code}: ${output.err}`)
    return output.out
  }

  #spawn(text: string): ChildProcess {
    return spawn('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: root,
      env: this.#environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}

describe('the README', () => {
  it('says what is so: every block of it runs, from the first start to the last check', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const blocks = blocksOf(readme).filter(block => block.language !== 'mermaid')
    expect(blocks.every(block => ['sh', 'graphql'].includes(block.language))).toBe(true)
    await using newcomer = await Newcomer.arrive()
    for (const block of blocks) await newcomer.run(block)
    await until(() => newcomer.outputs.some(output => output().includes('"sequence":5,"message"')), 'event 5', waitMs)
    const [token, created, live, first, missed, back, edited, replied, plain, demo, check] = newcomer.outputs.map(
      output => output(),
    )
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(created).toMatch(/"lastSequence":3/)
    expect(live).toContain('"sequence":4,"message":{"content":{"text":"Hello, <@bob>!"}}')
    expect(live).not.toContain('Are you there?')
    expect(first).toContain('"mentions":[{"id":"bob"}]')
    expect(missed).toContain('"sequence":5')
    expect(back).toContain('"sequence":5,"message":{"content":{"text":"Are you there?"}}')
    expect(back).not.toContain('Hello, <@bob>!')
    expect(back).toContain('"MessageUpdated","sequence":6,"message":{"content":{"text":"Are you still there?"}}')
    expect(edited).toContain(
      '{"edges":[{"node":{"version":1,"content":{"text":"Are you there?"},"editor":{"id":"alice"}}},{"node":{"version":2,"content":{"text":"Are you still there?"},"editor":{"id":"alice"}}}]}',
    )
    expect(replied).toContain('"replyCount":1,"viewerFollows":true')
    expect(replied).toContain('"text":"Down here, <@bob>?"')
    expect(plain).toMatch(
      /MessageCreated 4 Hello, <@bob>!\nMessageCreated 5 Are you still there\?\nMessageUpdated 6 Are you still there\?\nMessageCreated 7 Down here, <@bob>\?\nStreamPosition/,
    )
    expect(demo).toMatch(/\d+ messages/)
    expect(check).toContain('0 findings')
  }, 240_000)
})
