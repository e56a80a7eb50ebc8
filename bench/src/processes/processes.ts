import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pinnedTo } from './cpus.ts'

export interface Launch {
  readonly cpu: number | undefined
  /** For Node: its options, the program, and that one's arguments. */
  readonly args: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it is called over Node's IPC channel. */
  readonly asked: boolean
}

/** Makes a Node process collect garbage on a signal. */
const collecting = ['--expose-gc', `--import=${new URL('./collect-on-signal.ts', import.meta.url)}`]

/** The environment variables that a child inherits: where programs are, and where compiled code is cached. */
const passedOn = (): NodeJS.ProcessEnv => {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return NODE_COMPILE_CACHE === undefined ? { PATH } : { PATH, NODE_COMPILE_CACHE }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** All processes of one run and their folder. Both are removed when the run ends, also if it fails. */
export class Processes implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'messenger-bench-'))
  readonly #running = new Set<ChildProcess>()
  #folders = 0

  /** A new name below the folder. */
  file(name: string): string {
    this.#folders += 1
    return join(this.folder, `${this.#folders}-${name}`)
  }

  start({ cpu, args, environment = {}, asked }: Launch): ChildProcess {
    const [command = '', ...rest] = [...pinnedTo(cpu), process.execPath, ...collecting, ...args]
    const child = spawn(command, rest, {
      cwd: this.folder,
      env: { ...passedOn(), ...environment },
      stdio: ['ignore', 'ignore', asked ? 'inherit' : 'pipe', ...(asked ? (['ipc'] as const) : [])],
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return child
  }

  /** Waits for a process to end; kills it after `waitMs`. */
  async stop(child: ChildProcess, waitMs: number): Promise<void> {
    if (hasEnded(child)) return
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), waitMs)
    await exit
    clearTimeout(timer)
  }

  /** For a signal's handler, which cannot wait. */
  abandon(): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exits = [...this.#running].map(child => once(child, 'exit'))
    for (const child of this.#running) child.kill('SIGKILL')
    await Promise.all(exits)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
