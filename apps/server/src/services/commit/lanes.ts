import { fingerprint } from '@cpc-messenger/messenger'
import { type Command, subjectOf } from './command.ts'
import { Lane, type LaneDependencies } from './lane.ts'

/** Lanes of batches that may hold commands about anything; what other writers may do is left for those that wait. */
const sharedLanes = 2

/** A commit over the network takes several times as long. */
const gatherMs = 3

export interface LanesDependencies {
  /** Batches that may run at once; of a single one there is one lane. */
  readonly writers: number
  /** As `Lane` has it. */
  readonly run: LaneDependencies['run']
  /** The same, patiently: it waits for what others hold. */
  readonly await: LaneDependencies['run']
}

/**
 * Sees to it that commands about one conversation run one batch after the other, and those about different ones at once.
 * A conversation that another node was busy with gets a lane of its own for a while, in which its batches wait for their
 * turn: nobody else waits with them.
 */
export class Lanes {
  readonly #dependencies: LanesDependencies
  readonly #shared: readonly Lane[]
  readonly #contended = new Map<string, Lane>()

  constructor(dependencies: LanesDependencies) {
    this.#dependencies = dependencies
    const { run } = dependencies
    const count = dependencies.writers === 1 ? 1 : Math.min(sharedLanes, Math.ceil(dependencies.writers / 2))
    const pass = (commands: readonly Command[]): void => this.#moveAside(commands)
    this.#shared = Array.from({ length: count }, () => new Lane({ run, pass, gatherMs: count === 1 ? 0 : gatherMs }))
  }

  push(command: Command): void {
    const subject = this.#shared.length === 1 ? '' : subjectOf(command.needs)
    const lane = this.#contended.get(subject) ?? this.#laneOf(subject)
    lane.push(command)
  }

  /** Resolves when nothing waits and nothing runs. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.#shared, ...this.#contended.values()].flatMap(lane => lane.running ?? [])
      if (running.length === 0) return
      await Promise.all(running)
    }
  }

  /** Somebody else holds what these are about: they are run again, and those about the same things after them. */
  #moveAside(commands: readonly Command[]): void {
    for (const [subject, deferred] of Map.groupBy(commands, ({ needs }) => subjectOf(needs))) {
      const behind = this.#laneOf(subject).take(({ needs }) => subjectOf(needs) === subject)
      const lane = this.#contended.get(subject) ?? this.#openOwn(subject)
      lane.push(...deferred, ...behind)
    }
  }

  #openOwn(subject: string): Lane {
    const lane = new Lane({ run: this.#dependencies.await, gatherMs, idle: () => this.#contended.delete(subject) })
    this.#contended.set(subject, lane)
    return lane
  }

  #laneOf(subject: string): Lane {
    const lane = this.#shared[Math.abs(fingerprint(subject)) % this.#shared.length]
    if (lane === undefined) throw new TypeError('there is no lane')
    return lane
  }
}
