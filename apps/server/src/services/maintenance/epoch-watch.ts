import type { ConversationId, MessageStore } from '@cpc-messenger/messenger'
import type { Logger } from '../telemetry/logger.ts'

export interface EpochWatchDependencies {
  readonly store: Pick<MessageStore, 'epoch' | 'storedEpoch' | 'renewEpoch'>
  readonly log: Logger
  /** Milliseconds between two looks at what is stored. */
  readonly everyMs?: number
}

/**
 * Notices that the logs are no longer those that this server opened: a backup was restored under it, or the database failed
 * over to one that had not got all commits.
 */
export class EpochWatch implements Disposable {
  /** Resolves once it has noticed. Everything that this server remembers of the logs may be wrong then. */
  readonly over: Promise<void>
  readonly #dependencies: EpochWatchDependencies
  readonly #timer: NodeJS.Timeout
  readonly #end: () => void
  #looking = false
  #lost = false

  constructor(dependencies: EpochWatchDependencies) {
    this.#dependencies = dependencies
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#end = resolve
    this.#timer = setInterval(() => void this.#look(), dependencies.everyMs ?? 2000).unref()
  }

  /** A log ends before an event that this server has told of: positions in all of them are worth nothing now. */
  async lostTail(conversationId: ConversationId): Promise<void> {
    const { store, log } = this.#dependencies
    this.#lost = true
    log.error({ conversationId }, 'the database has lost commits that were answered: a new epoch begins')
    try {
      await store.renewEpoch()
    } catch (error) {
      log.warn({ err: error }, 'the new epoch could not be stored; trying again in a moment')
      return
    }
    this.#end()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const { store, log } = this.#dependencies
      if (this.#lost) await store.renewEpoch()
      const stored = await store.storedEpoch()
      if (stored === store.epoch) return
      log.warn({ was: store.epoch, is: stored }, 'the database has another epoch')
      this.#end()
    } catch {
      // The store is away; others say so.
    } finally {
      this.#looking = false
    }
  }
}
