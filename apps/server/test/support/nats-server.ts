import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { freePort } from '../../../../tools/cluster/free-port.ts'
import { howToGet, skipWithout } from './system-programs.ts'

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const findProgram = (): string | undefined => {
  const named = process.env.NATS_SERVER
  if (named !== undefined && named !== '') return named
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin']
  return folders.map(folder => join(folder, 'nats-server')).find(isExecutable)
}

/** The nats-server of this machine: NATS_SERVER, or the one on PATH or in /usr/sbin. */
export const natsServerProgram = findProgram()

/** As `skipWithout`. */
export const skipWithoutNats = (): boolean => skipWithout('nats-server', natsServerProgram !== undefined)

interface NatsServerOptions {
  /** Kept over every start. Any free one where it is left out. */
  readonly port?: number
  /** More lines of its configuration file. */
  readonly configuration?: string
  /** A command and its arguments to run it under. */
  readonly under?: readonly string[]
  /** 127.0.0.1 where it is left out. */
  readonly host?: string
}

const readyMs = 10_000

/** A nats-server in a process of its own, on a port that it keeps when it is started again. It keeps nothing else. */
export class NatsServer implements AsyncDisposable {
  readonly host: string
  readonly port: number
  readonly #folder: string
  readonly #options: NatsServerOptions
  #process: ChildProcess | undefined
  #output = ''

  private constructor(port: number, folder: string, options: NatsServerOptions) {
    this.host = options.host ?? '127.0.0.1'
    this.port = port
    this.#folder = folder
    this.#options = options
  }

  /** One that does not run yet: its port is free. */
  static async create(options: NatsServerOptions = {}): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'nats-'))
    const server = new NatsServer(options.port ?? (await freePort()), folder, options)
    await writeFile(server.#configurationFile, options.configuration ?? '')
    return server
  }

  /** Answers once it takes connections. */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = await NatsServer.create(options)
    await server.start()
    return server
  }

  get url(): string {
    return `nats://${this.host}:${this.port}`
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new TypeError('the nats-server does not run')
    return pid
  }

  /** All that it has printed, over all its starts. */
  get output(): string {
    return this.#output
  }

  async start(): Promise<void> {
    if (natsServerProgram === undefined) throw new Error(howToGet('nats-server'))
    const { under = [] } = this.#options
    const args = ['--config', this.#configurationFile, '--addr', this.host, '--port', String(this.port)]
    const command = [...under, natsServerProgram, ...args]
    const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    const killed = (): void => void child.kill('SIGKILL')
    process.once('exit', killed)
    child.once('exit', () => process.off('exit', killed))
    const from = this.#output.length
    child.stderr.on('data', text => (this.#output += String(text)))
    child.once('error', error => (this.#output += String(error)))
    const deadline = Date.now() + readyMs
    while (!this.#output.includes('Server is ready', from)) {
      if (child.pid === undefined || this.#ended || Date.now() > deadline)
        throw new Error(`the nats-server did not start:\n${this.#output.slice(from)}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops the process with its connections open, as after a network failure. Resolves once it is stopped. */
  async pause(): Promise<void> {
    this.#process?.kill('SIGSTOP')
    const stat = `/proc/${this.pid}/stat`
    while (existsSync(stat) && !/\) T /.test(await readFile(stat, 'utf8')))
      await new Promise(resolve => setTimeout(resolve, 1))
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  get #configurationFile(): string {
    return join(this.#folder, 'nats.conf')
  }

  get #ended(): boolean {
    return this.#process?.exitCode !== null || this.#process.signalCode !== null
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (child?.pid === undefined || this.#ended) return
    const exit = once(child, 'exit')
    child.kill(signal)
    // A paused process does not handle other signals.
    child.kill('SIGCONT')
    await exit
  }
}
