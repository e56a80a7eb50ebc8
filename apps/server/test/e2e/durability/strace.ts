import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { describe } from 'vitest'
import { skipWithout } from '../../support/system-programs.ts'

const works = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

/** As `describe`. Skipped where strace does not work, but not in CI. */
export const describeUnderStrace = describe.skipIf(skipWithout('strace', works))

/** Options that do this at system calls: `fault` is what strace calls an injection, `error=EIO:when=3` say. */
export const injecting = (calls: string, fault: string): readonly string[] =>
  [`trace=${calls}`, `inject=${calls}:${fault}`].flatMap(option => ['-e', option])

/** A running process, watched or disturbed by strace, which follows all of its threads. */
export class Strace implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves when every system call from now on is seen. The trace goes to `trace`. */
  static async attach(pid: number, options: readonly string[], trace = '/dev/null'): Promise<Strace> {
    const child = spawn('strace', ['-f', '-p', String(pid), '-o', trace, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    let output = ''
    child.stderr?.on('data', text => {
      output += String(text)
      if (output.includes(' attached')) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`strace did not attach: ${output}`)))
    await promise
    return new Strace(child)
  }

  /** Resolves when it has ended together with the process that it watched, and the trace is whole. */
  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit')
  }

  /** Leaves the process to itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGINT')
    await this.ended()
  }
}
