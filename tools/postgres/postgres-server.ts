import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from '../cluster/free-port.ts'
import { guard } from '../cluster/guard.ts'
import { type Account, mayRead, unprivilegedAccount } from './account.ts'
import { type Binaries, findBinaries } from './binaries.ts'

const user = 'messenger'
const password = 'messenger'
const startSeconds = 30

interface PostgresServerOptions {
  /** A folder that is kept. Without it: a temporary one, removed at the end. */
  readonly folder?: string
  /** Without it: a free one. */
  readonly port?: number
  /** Whether a commit survives a power cut. False is faster; it survives the kill of a process either way. */
  readonly durable?: boolean
}

/** How PostgreSQL stops: `fast` ends all sessions first, `immediate` aborts them, `kill` is SIGKILL. */
type PostgresStop = 'fast' | 'immediate' | 'kill'

const signals: Readonly<Record<PostgresStop, NodeJS.Signals>> = {
  fast: 'SIGINT',
  immediate: 'SIGQUIT',
  kill: 'SIGKILL',
}

/**
 * PostgreSQL from npm, on 127.0.0.1, in a process that ends with this one. Texts sort by the rules of a language, as an
 * installed PostgreSQL may do: queries that need another order have to state it.
 */
export class PostgresServer implements AsyncDisposable {
  readonly port: number
  readonly folder: string
  readonly #temporary: boolean
  readonly #durable: boolean
  readonly #account: Account | undefined
  readonly #binaries: Binaries
  #process: ChildProcess | undefined
  #guard: Disposable | undefined
  #log = ''

  private constructor(parts: {
    port: number
    folder: string
    temporary: boolean
    durable: boolean
    account: Account | undefined
    binaries: Binaries
  }) {
    this.port = parts.port
    this.folder = parts.folder
    this.#temporary = parts.temporary
    this.#durable = parts.durable
    this.#account = parts.account
    this.#binaries = parts.binaries
  }

  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const temporary = options.folder === undefined
    const folder = temporary ? await mkdtemp(join(tmpdir(), 'messenger-postgres-')) : resolve(options.folder)
    try {
      await mkdir(folder, { recursive: true })
      const account = await unprivilegedAccount()
      if (account !== undefined) await giveTo(account, folder)
      const server = new PostgresServer({
        port: options.port ?? (await freePort()),
        folder,
        temporary,
        durable: options.durable ?? true,
        account,
        binaries: await findBinaries(account, folder),
      })
      await server.#initialise()
      await server.start()
      return server
    } catch (error) {
      if (temporary) await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  /** Of one of its databases. */
  url(database = 'postgres'): string {
    return `postgres://${user}:${password}@127.0.0.1:${this.port}/${database}`
  }

  /** The URL of the database of this name, made where there is none. */
  async database(name: string): Promise<string> {
    const client = new pg.Client({ connectionString: this.url() })
    await client.connect()
    try {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
      if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`)
    } finally {
      await client.end()
    }
    return this.url(name)
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === null && this.#process.signalCode === null
  }

  /** The last lines of its log. */
  get log(): string {
    return this.#log
  }

  /** Resolves when it has stopped for any reason. */
  async ended(): Promise<void> {
    if (this.#process !== undefined && this.running) await once(this.#process, 'exit')
  }

  /** Starts it again after it has stopped. */
  async start(): Promise<void> {
    const deadline = Date.now() + startSeconds * 1000
    // Processes that survived a kill may hold its shared memory for a moment.
    while (!(await this.#startOnce(deadline))) {
      if (Date.now() > deadline) throw new Error(`PostgreSQL does not start:\n${this.#log}`)
      await new Promise(resume => setTimeout(resume, 100))
    }
  }

  async stop(how: PostgresStop = 'fast'): Promise<void> {
    const child = this.#process
    this.#guard?.[Symbol.dispose]()
    if (child === undefined || !this.running) return
    const exit = once(child, 'exit')
    child.kill(signals[how])
    child.kill('SIGCONT')
    await exit
  }

  /** Stops all its processes (SIGSTOP) until `resume`. */
  async pause(): Promise<void> {
    await this.#signalAll('SIGSTOP')
  }

  async resume(): Promise<void> {
    await this.#signalAll('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) await this.resume()
    await this.stop('immediate')
    if (this.#temporary) await rm(this.folder, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  async #initialise(): Promise<void> {
    if (existsSync(join(this.#data, 'PG_VERSION'))) return
    const passwordFile = join(this.folder, 'password')
    await writeFile(passwordFile, password, { mode: 0o644 })
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
    const access = [`--username=${user}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    try {
      await promisify(execFile)(this.#binaries.initdb, ['-D', this.#data, '--no-sync', ...locale, ...access], {
        ...this.#account,
        cwd: this.folder,
      })
    } catch (error) {
      const reason = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
      throw new Error(`PostgreSQL cannot make its files in ${this.folder}: ${reason}`, { cause: error })
    }
    await rm(passwordFile)
  }

  async #startOnce(deadline: number): Promise<boolean> {
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'max_connections=200',
      'logging_collector=off',
      ...(this.#durable ? [] : ['fsync=off', 'full_page_writes=off']),
    ].flatMap(setting => ['-c', setting])
    const child = spawn(this.#binaries.postgres, ['-D', this.#data, '-p', String(this.port), ...settings], {
      ...this.#account,
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    const { promise, resolve: settle } = Promise.withResolvers<boolean>()
    child.stderr.on('data', (text: Buffer) => {
      said = `${said}${String(text)}`.slice(-10_000)
      this.#log = `${this.#log}${String(text)}`.slice(-10_000)
      if (said.includes('ready to accept connections')) settle(true)
    })
    child.once('error', () => settle(false)).once('exit', () => settle(false))
    const timer = setTimeout(() => child.kill('SIGKILL'), deadline - Date.now())
    if (!(await promise)) return false
    clearTimeout(timer)
    this.#process = child
    this.#guard = guard(child.pid ?? 0, this.#temporary ? this.folder : undefined)
    return true
  }

  /** A stopped postmaster alone would leave its sessions running: each has its own process group. */
  async #signalAll(signal: NodeJS.Signals): Promise<void> {
    const pid = this.#process?.pid
    if (pid === undefined || !this.running) throw new Error('PostgreSQL does not run')
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
    const children = stdout
      .split('\n')
      .map(line => line.trim().split(/\s+/).map(Number))
      .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
    for (const each of [pid, ...children]) signalIfThere(each, signal)
  }
}

const giveTo = async (account: Account, folder: string): Promise<void> => {
  await chown(folder, account.uid, account.gid)
  if (!(await mayRead(account, folder)))
    throw new Error(`PostgreSQL does not run as root, and the account "nobody" cannot access ${folder}: choose another`)
}

const signalIfThere = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
