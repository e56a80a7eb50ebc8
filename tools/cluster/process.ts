import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { guard } from './guard.ts'

interface Program {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly environment: NodeJS.ProcessEnv
  readonly folder: string
  /**
   * Receives its output line by line; its errors only after it has ended by itself, because they address the user who
   * started it.
   */
  readonly print: (line: string) => void
}

const keptLines = 50

const patienceMs = 15_000

/**
 * A program that runs until it is stopped or until this process ends. It has its own process group: Ctrl-C reaches only
 * this process, which stops programs in order.
 */
export class Process {
  readonly name: string
  readonly #child: ChildProcess
  readonly #guard: Disposable | undefined
  #stopping = false

  constructor({ name, command: [file, ...args], environment, folder, print }: Program) {
    this.name = name
    const child = spawn(file, args, {
      env: environment,
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    const errors: string[] = []
    child.once('error', error => print(error.message))
    eachLine(child.stdout, print)
    eachLine(child.stderr, line => keepLast(errors, line))
    child.once('close', () => {
      if (!this.#stopping) for (const line of errors) print(line)
    })
    this.#guard = child.pid === undefined ? undefined : guard(child.pid, undefined)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  async ended(): Promise<void> {
    if (this.running) await once(this.#child, 'exit')
  }

  /**
   * Resolves when `ready` returns true and the program still runs; throws if the program ends before, or takes too
   * long.
   */
  async until(ready: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + patienceMs
    while (!((await ready()) && this.running)) {
      if (!this.running || performance.now() > deadline) throw new Error(`${this.name} does not start: see above`)
      await new Promise(resume => setTimeout(resume, 50))
    }
  }

  /** Asks it to stop, and kills it after a timeout. */
  async stop(): Promise<void> {
    this.#guard?.[Symbol.dispose]()
    this.#stopping = true
    const exit = this.ended()
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs)
    await exit
    clearTimeout(timer)
  }
}

const eachLine = (stream: Readable, take: (line: string) => void): void => {
  let begun = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${begun}${text}`.split('\n')
    begun = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}

const keepLast = (lines: string[], line: string): void => {
  lines.push(line)
  if (lines.length > keptLines) lines.shift()
}
