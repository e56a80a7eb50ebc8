import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Call, Calls, Reply } from './calls.ts'
import type { Processes } from './processes.ts'

/** The timeout of a call. */
const deadlineMs = 120_000
const stopMs = 5000

/** A process of the bench, with one call at a time. */
export class PeerProcess<C extends Calls> {
  readonly #processes: Processes
  readonly #child: ChildProcess
  readonly #program: string

  constructor(processes: Processes, program: URL, cpu: number | undefined) {
    this.#processes = processes
    this.#program = fileURLToPath(program)
    this.#child = processes.start({
      cpu,
      args: ['--disable-warning=ExperimentalWarning', this.#program],
      asked: true,
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error(`${this.#program} does not run`)
    return pid
  }

  stop(): Promise<void> {
    return this.#processes.stop(this.#child, stopMs)
  }

  async call<Name extends keyof C & string>(name: Name, input: C[Name]['input']): Promise<C[Name]['answer']> {
    const reply = await this.#send({ name, input })
    if ('failure' in reply) throw new Error(`${this.#program}: ${name}: ${reply.failure}`)
    return reply.answer as C[Name]['answer']
  }

  #send(call: Call): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const onExit = (): void => reject(new Error(`${this.#program} has ended while asked to ${call.name}`))
    const timer = setTimeout(() => reject(new Error(`${this.#program} does not answer ${call.name}`)), deadlineMs)
    const onReply = (message: unknown): void => resolve(message as Reply)
    this.#child.once('message', onReply).once('exit', onExit)
    this.#child.send(call, error => {
      if (error !== null) reject(error)
    })
    return promise.finally(() => {
      clearTimeout(timer)
      this.#child.off('message', onReply).off('exit', onExit)
    })
  }
}
