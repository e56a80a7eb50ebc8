import type { ConversationId, MessageStore } from '@cpc-messenger/messenger'
import type { Logger } from '../telemetry/logger.ts'

interface EpochWatchDependencies {
  readonly store: Pick<MessageStore, 'epoch' | 'storedEpoch' | 'renewEpoch'>
  readonly log: Logger
  /** Milliseconds between two reads of the stored epoch. */
  readonly everyMs?: number
}

/**
 * Detects that the logs are no longer those that this server opened: a backup was restored, or the database failed over to
 * a replica without all commits.
 */
export class EpochWatch implements Disposable {
  /** Resolves when the epoch has changed. Everything that this server has in memory of the logs may be wrong then. */
  readonly over: Promise<void>
  readonly #dependencies: EpochWatchDependencies
  readonly #timer: NodeJS.Timeout
  readonly #end: () => void
  #checking = false
  #lost = false

  constructor(dependencies: EpochWatchDependencies) {
    this.#dependencies = dependencies
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#end = resolve
    this.#timer = setInterval(() => void this.#check(), dependencies.everyMs ?? 2000).unref()
  }

  /** A log ends before an event that this server has delivered: positions of all logs are invalid now. */
  async lostTail(conversationId: ConversationId): Promise<void> {
    const { store, log } = this.#dependencies
    this.#lost = true
    log.error({ conversationId }, 'the database has lost answered commits: a new epoch begins')
    try {
      await store.renewEpoch()
    } catch (error) {
      log.warn({ err: error }, 'storing the new epoch failed; retrying')
      return
    }
    this.#end()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #check(): Promise<void> {
    if (this.#checking) return
    this.#checking = true
    try {
      const { store, log } = this.#dependencies
      if (this.#lost) await store.renewEpoch()
      const stored = await store.storedEpoch()
      if (stored === store.epoch) return
      log.warn({ was: store.epoch, is: stored }, 'the database has another epoch')
      this.#end()
    } catch {
      // The store is unavailable, which other components report.
    } finally {
      this.#checking = false
    }
  }
}
