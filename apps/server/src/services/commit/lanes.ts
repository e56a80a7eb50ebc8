import { fingerprint } from '@cpc-messenger/messenger'
import { type Command, subjectOf } from './command.ts'
import { Lane, type LaneDependencies } from './lane.ts'

/** Lanes for commands about any conversation. The other writers are left for contended lanes. */
const maxSharedLanes = 2

/** With several writers a commit crosses the network, and so takes several times as long. */
const gatherMs = 3

interface LanesDependencies {
  /** Most batches that may run at the same time. With one writer there is one lane. */
  readonly writers: number
  /** See `LaneDependencies.run`. */
  readonly run: LaneDependencies['run']
  /** The same, but waits a while for locks that other writers hold. */
  readonly runWaiting: LaneDependencies['run']
}

/**
 * Runs commands about one subject in order, one batch after the other, and commands about different subjects concurrently.
 * A subject that another node has locked gets its own lane, in which its batches wait for the lock; commands about other
 * subjects do not wait with them.
 */
export class Lanes {
  readonly #dependencies: LanesDependencies
  readonly #shared: readonly Lane[]
  readonly #contended = new Map<string, Lane>()

  constructor(dependencies: LanesDependencies) {
    this.#dependencies = dependencies
    const { run, writers } = dependencies
    const count = writers === 1 ? 1 : Math.min(maxSharedLanes, Math.ceil(writers / 2))
    const defer = (commands: readonly Command[]): void => this.#moveToContended(commands)
    this.#shared = Array.from({ length: count }, () => new Lane({ run, defer, gatherMs: count === 1 ? 0 : gatherMs }))
  }

  push(command: Command): void {
    const [only] = this.#shared
    if (only !== undefined && this.#shared.length === 1 && this.#contended.size === 0) {
      only.push(command)
      return
    }
    const subject = subjectOf(command.needs)
    const lane = this.#contended.get(subject) ?? this.#sharedLaneOf(subject)
    lane.push(command)
  }

  /** Resolves when all commands are finished. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.#shared, ...this.#contended.values()].flatMap(lane => lane.running ?? [])
      if (running.length === 0) return
      await Promise.all(running)
    }
  }

  /** Moves deferred commands to lanes of their subjects, followed by the waiting commands about the same subjects. */
  #moveToContended(commands: readonly Command[]): void {
    for (const [subject, deferred] of Map.groupBy(commands, ({ needs }) => subjectOf(needs))) {
      const behind = this.#sharedLaneOf(subject).take(({ needs }) => subjectOf(needs) === subject)
      const lane = this.#contended.get(subject) ?? this.#openContended(subject)
      lane.push(...deferred, ...behind)
    }
  }

  #openContended(subject: string): Lane {
    const { runWaiting } = this.#dependencies
    const lane = new Lane({ run: runWaiting, gatherMs, onIdle: () => this.#contended.delete(subject) })
    this.#contended.set(subject, lane)
    return lane
  }

  #sharedLaneOf(subject: string): Lane {
    const lane = this.#shared[Math.abs(fingerprint(subject)) % this.#shared.length]
    if (lane === undefined) throw new TypeError('there is no lane')
    return lane
  }
}
