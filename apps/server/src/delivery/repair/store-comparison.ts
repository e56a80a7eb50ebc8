import type { ConversationId, EventBus, MessageStore } from '@cpc-messenger/messenger'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Logs } from '../log/logs.ts'
import { HeadComparison } from './head-comparison.ts'
import { JoinComparison } from './join-comparison.ts'

/** Inboxes that are refreshed in one comparison. */
const maxInboxesPerRun = 50
/** Inboxes that are refreshed at the same time. */
const maxConcurrentInboxes = 8
/** After the bus is back, each node waits a random time up to this before it compares. */
const maxRestoredDelayMs = 500

interface StoreComparisonDependencies {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  readonly logs: Logs
  readonly inboxes: ReadonlySet<Inbox>
  readonly meter: Pick<Meter, 'headsFoundBehind'> | undefined
  readonly lostTail: ((conversationId: ConversationId) => void) | undefined
  /** Milliseconds between two comparisons. */
  readonly compareEveryMs: number
  /** Milliseconds after which an inbox's conversations are read from the store again. */
  readonly inboxEveryMs: number
}

/**
 * Compares what this node has received with the store, periodically and after an outage of the bus: this is what makes a
 * lossy bus sufficient.
 */
export class StoreComparison implements Disposable {
  readonly #dependencies: StoreComparisonDependencies
  readonly #heads: HeadComparison
  readonly #joins: JoinComparison
  readonly #timer: NodeJS.Timeout
  readonly #restored: Disposable
  #restoredTimer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(dependencies: StoreComparisonDependencies) {
    const { store, bus, compareEveryMs } = dependencies
    this.#dependencies = dependencies
    this.#heads = new HeadComparison(dependencies)
    this.#joins = new JoinComparison(store)
    this.#restored = bus.onRestored(() => this.#scheduleCatchUp())
    this.#timer = setInterval(() => void this.run(), compareEveryMs).unref()
  }

  /** Compares once. One comparison runs at a time; concurrent calls share it. Never rejects. */
  async run(): Promise<void> {
    this.#running ??= this.#compare().finally(() => {
      this.#running = undefined
    })
    await this.#running
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    clearTimeout(this.#restoredTimer)
    this.#restored[Symbol.dispose]()
  }

  async #compare(): Promise<void> {
    const { logs, inboxes, log } = this.#dependencies
    try {
      await this.#heads.run()
      await this.#joins.run(inboxes)
      logs.topics.sweep()
      for (const inbox of inboxes) inbox.signalIfPositionDue()
      await refreshAll(this.#staleInboxes().slice(0, maxInboxesPerRun))
    } catch (error) {
      log.warn({ err: error }, 'comparing with the store failed; retrying')
    }
  }

  #staleInboxes(): readonly Inbox[] {
    const { inboxes, inboxEveryMs } = this.#dependencies
    return [...inboxes].filter(inbox => inbox.ageMs >= inboxEveryMs)
  }

  #scheduleCatchUp(): void {
    clearTimeout(this.#restoredTimer)
    this.#restoredTimer = setTimeout(() => void this.#catchUp(), Math.random() * maxRestoredDelayMs).unref()
  }

  /** Announcements and notices that were published during the outage are lost. */
  async #catchUp(): Promise<void> {
    for (const inbox of this.#dependencies.inboxes) inbox.markStale()
    // A comparison that is running may have read before the bus was back.
    await this.#running
    await this.run()
    await refreshAll(this.#staleInboxes())
  }
}

const refreshAll = async (inboxes: readonly Inbox[]): Promise<void> => {
  for (let start = 0; start < inboxes.length; start += maxConcurrentInboxes)
    await Promise.all(inboxes.slice(start, start + maxConcurrentInboxes).map(inbox => inbox.refresh()))
}
