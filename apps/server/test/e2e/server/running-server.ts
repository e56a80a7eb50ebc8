import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SignJWT } from 'jose'
import { freePort } from '../../../../../tools/cluster/free-port.ts'
import { rateLimitNames, rateLimits } from '../../../src/services/limits/limit-table.ts'

export const jwtSecret = 'a-secret-of-the-tests-that-is-long-enough'
const entry = fileURLToPath(new URL('../../../bin/messenger.js', import.meta.url))

/** What most tests send is more than one user may. */
const unlimited = Object.fromEntries(rateLimitNames.map(name => [rateLimits[name].variable, '0']))

export const tokenFor = (
  userId: string,
  { seconds = 3600, ...claims }: { seconds?: number; [claim: string]: unknown } = {},
) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(Buffer.from(jwtSecret))

interface RunningServerOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Without it they are off. */
  readonly rateLimits?: 'default'
  /** A command and its arguments to run the server under. */
  readonly under?: readonly string[]
}

/** The real program in a process of its own, with its data in a folder of its own. */
export class RunningServer implements AsyncDisposable {
  readonly port: number
  readonly folder: string
  readonly #options: RunningServerOptions
  #process: ChildProcess | undefined
  #output = ''

  private constructor(port: number, folder: string, options: RunningServerOptions) {
    this.port = port
    this.folder = folder
    this.#options = options
  }

  static async start(options: RunningServerOptions = {}): Promise<RunningServer> {
    const server = new RunningServer(await freePort(), await mkdtemp(join(tmpdir(), 'messenger-')), options)
    await server.start()
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  get databaseFile(): string {
    return join(this.folder, 'messenger.db')
  }

  get databaseUrl(): string {
    return this.#options.environment?.DATABASE_URL ?? `file:${this.databaseFile}`
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new TypeError('the server does not run')
    return pid
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** All that it has printed, over all its starts. */
  get output(): string {
    return this.#output
  }

  async start(): Promise<void> {
    const command = [...(this.#options.under ?? []), process.execPath, entry, 'serve']
    const child = spawn(command[0] ?? '', command.slice(1), {
      env: {
        PATH: process.env.PATH,
        PORT: String(this.port),
        DATABASE_URL: `file:${this.databaseFile}`,
        AUTH_JWT_SECRET: jwtSecret,
        LOG_LEVEL: 'warn',
        ...(this.#options.rateLimits === 'default' ? {} : unlimited),
        ...this.#options.environment,
      },
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', text => (this.#output += String(text)))
    const deadline = Date.now() + 60_000
    while (!(await this.#answers())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
        throw new Error(`the server did not start:\n${this.#output}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  async restart(how: 'stop' | 'kill'): Promise<void> {
    await this[how]()
    await this.start()
  }

  /** Resolves when it has ended by itself, with its exit code; null where a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.#process
    if (child !== undefined && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    return child?.exitCode ?? null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok
    } catch (error) {
      if (error instanceof TypeError) return false
      throw error
    }
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
    return child.exitCode
  }
}
