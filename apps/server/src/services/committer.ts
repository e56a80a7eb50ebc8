import {
  type Clock,
  type EventBus,
  type IdGenerator,
  type MessageStore,
  type Needs,
  type OpenBatch,
  Refusal,
  type UserId,
  unavailable,
} from '@cpc-messenger/messenger'
import type { Actor } from './actor.ts'
import { BatchState } from './batch-state.ts'
import type { Log } from './log.ts'
import type { Meter } from './meter.ts'
import type { RecentUsers } from './recent-users.ts'
import type { Limits, UseCase } from './use-case.ts'

/** Commands that share one commit, at most. */
const batchSize = 256
/** Commands that may wait: more come in than the store can take. */
const mostWaiting = 20_000

interface Command {
  needs(): Needs
  /** Decides over the state and lays that over it; answers how to resolve once everything is durable. Throws a refusal. */
  decide(state: BatchState, at: number): () => void
  reject(reason: unknown): void
}

interface DecidedBatch {
  readonly state: BatchState
  readonly changedUsers: readonly UserId[]
  /** Settles each command; called once everything is durable. */
  readonly answers: readonly (() => void)[]
}

export interface CommitterParts {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly clock: Clock
  readonly ids: IdGenerator
  readonly limits: Limits
  readonly meter: Meter
  readonly log: Log
  /** Told of the users who changed before the commands that changed them are answered. */
  readonly users?: Pick<RecentUsers, 'forget'>
}

/**
 * Runs commands in batches: those that arrive while a batch is being made durable form the next one. A command's promise
 * settles after its batch is durable, with what it decided or with its own refusal.
 */
export class Committer {
  readonly #parts: CommitterParts
  #waiting: Command[] = []
  #running: Promise<void> | undefined

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  async run<Input, Result>(useCase: UseCase<Input, Result>, input: Input, actor: Actor): Promise<Result> {
    const { ids, limits } = this.#parts
    if (this.#waiting.length >= mostWaiting) throw unavailable('Too many commands wait: try again in a moment.')
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({
        needs: () => useCase.needs(input, actor),
        decide: (state, at) => {
          const { draft, result } = useCase.decide(input, { actor, state, at, ids, limits })
          state.apply(draft, actor, at)
          const answer = result(state)
          return () => resolve(answer)
        },
        reject,
      })
      this.#running ??= this.#work()
    })
  }

  /** Resolves when nothing is waiting and nothing is being written. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #work(): Promise<void> {
    try {
      // The end of the turn, not a microtask: all that this turn of the event loop reads from sockets is one batch.
      while (this.#waiting.length > 0) {
        await new Promise(resolve => setImmediate(resolve))
        await this.#commit(this.#waiting.splice(0, batchSize))
      }
    } finally {
      this.#running = undefined
    }
  }

  async #commit(commands: readonly Command[]): Promise<void> {
    const needs: Needs[] = []
    const ready = commands.filter(command => {
      try {
        needs.push(command.needs())
        return true
      } catch (error) {
        command.reject(error)
        return false
      }
    })
    if (ready.length === 0) return
    const startedAt = performance.now()
    let decided: DecidedBatch
    try {
      await using batch = await this.#parts.store.begin(needs)
      decided = await this.#decideAndWrite(batch, ready)
    } catch (error) {
      return this.#failed(ready, error)
    }
    this.#parts.users?.forget(decided.changedUsers)
    for (const answer of decided.answers) answer()
    try {
      this.#parts.meter.committed(ready.length, (performance.now() - startedAt) / 1000)
      this.#parts.bus.publish(decided.state.announcements(), decided.state.notices())
    } catch (error) {
      this.#parts.log.error({ err: error }, 'what was committed could not be announced')
    }
  }

  async #decideAndWrite(batch: OpenBatch, commands: readonly Command[]): Promise<DecidedBatch> {
    const state = new BatchState(batch.rows)
    const at = this.#parts.clock.now()
    const answers = commands.map(command => {
      try {
        return command.decide(state, at)
      } catch (error) {
        // A refusal leaves the state untouched; of a bug nobody knows, so it fails the batch.
        if (!(error instanceof Refusal)) throw error
        return () => command.reject(error)
      }
    })
    const changes = state.changes()
    if (changes !== undefined) await batch.commit(changes)
    return { state, answers, changedUsers: changes?.users.map(({ id }) => id) ?? [] }
  }

  /** An engine that is away fails all; what one command may have caused is tried again one by one. */
  async #failed(commands: readonly Command[], error: unknown): Promise<void> {
    const unavailable = error instanceof Refusal && error.code === 'UNAVAILABLE'
    if (!unavailable && commands.length > 1) {
      this.#parts.log.warn({ err: error, commands: commands.length }, 'a batch failed; its commands run one by one')
      for (const command of commands) await this.#commit([command])
      return
    }
    this.#parts.log.error({ err: error }, 'a commit failed')
    for (const command of commands) command.reject(error)
  }
}
