import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { rateLimitNames, rateLimits } from '../../../apps/server/src/services/limits/limit-table.ts'
import type { Processes } from './processes.ts'

const program = fileURLToPath(new URL('../../../apps/server/bin/messenger.js', import.meta.url))
/** What `npm start` gives to Node. */
const asStarted = ['--max-semi-space-size=16']
/** Each sender here is one user, at full speed. */
const unlimited = Object.fromEntries(rateLimitNames.map(name => [rateLimits[name].variable, '0']))
const startMs = 30_000
const stopMs = 30_000

/** What is kept across restarts of the server. */
export interface Kept {
  /** Its SQLite file. */
  readonly file: string
  readonly jwtSecret: string
}

interface MessengerOptions {
  readonly cpu: number | undefined
  /** Where a CPU profile goes when it stops. */
  readonly profileFolder: string | undefined
  /** Settings in addition to those of every server here. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Our server: the real program, with its own data. */
export class MessengerServer implements Kept {
  readonly port: number
  readonly jwtSecret: string
  readonly file: string
  readonly #child: ChildProcess
  readonly #processes: Processes

  private constructor(processes: Processes, child: ChildProcess, port: number, { file, jwtSecret }: Kept) {
    this.#processes = processes
    this.#child = child
    this.port = port
    this.jwtSecret = jwtSecret
    this.file = file
  }

  static async start(
    processes: Processes,
    { cpu, profileFolder, environment = {} }: MessengerOptions,
    kept: Kept = { file: processes.file('messenger.db'), jwtSecret: randomBytes(32).toString('hex') },
  ): Promise<MessengerServer> {
    const profiling =
      profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, '--cpu-prof-interval=500']
    const child = processes.start({
      cpu,
      args: [...asStarted, ...profiling, program, 'serve'],
      environment: {
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: `file:${kept.file}`,
        AUTH_JWT_SECRET: kept.jwtSecret,
        LOG_LEVEL: 'warn',
        ...unlimited,
        ...environment,
      },
      asked: false,
    })
    return new MessengerServer(processes, child, await portOf(child), kept)
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('the server does not run')
    return pid
  }

  /** Lets it shut down normally, so that it writes its profile. */
  stop(): Promise<void> {
    return this.#processes.stop(this.#child, stopMs)
  }
}

/** The port in the start block that it prints once it serves. */
const portOf = (child: ChildProcess): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let printed = ''
  const failed = (): void => reject(new Error(`the server did not start:\n${printed}`))
  const timer = setTimeout(failed, startMs)
  child.once('exit', failed)
  child.stderr?.on('data', text => {
    printed = `${printed}${text}`.slice(-10_000)
    const port = /serves at http:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1]
    if (port !== undefined) resolve(Number(port))
  })
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('exit', failed)
  })
}
