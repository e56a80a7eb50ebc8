import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { messengerEntry } from '../server/messenger-command.ts'

/** `messenger migrate --from … --to …` in a process of its own. */
export class MigrateCommand {
  readonly #process: ChildProcess
  readonly #exit: Promise<unknown>
  output = ''

  constructor(file: string, url: string, flags: readonly string[] = []) {
    const words = ['migrate', '--from', `file:${file}`, '--to', url, ...flags]
    this.#process = spawn(process.execPath, [messengerEntry, ...words], {
      cwd: dirname(file),
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#exit = once(this.#process, 'close')
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', text => (this.output += String(text)))
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** Resolves once it has said something, or has ended. */
  async began(): Promise<void> {
    while (this.output === '' && !this.hasEnded) await new Promise(resolve => setTimeout(resolve, 10))
  }

  /** Resolves with the exit code; null where it was killed. */
  async ended(): Promise<number | null> {
    await this.#exit
    return this.#process.exitCode
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exit
  }
}
