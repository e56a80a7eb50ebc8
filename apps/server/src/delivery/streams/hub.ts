import type { ConversationId, EventBus, MessageStore } from '@cpc-messenger/messenger'
import type { RecentUsers } from '../../services/reads/recent-users.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { DeliveryWatch } from '../log/delivery-watch.ts'
import { Logs } from '../log/logs.ts'
import { SubscribeGate, type SubscribePace } from '../log/subscribe-gate.ts'
import { StoreComparison } from '../repair/store-comparison.ts'

/** In a reconnect storm, streams are opened in sets. */
const pace: SubscribePace = { burst: 16, everyMs: 40, enough: 150, quietMs: 4, maxSet: 500 }
/** An inbox may have thousands of conversations. */
const inboxPace: SubscribePace = { ...pace, maxSet: 100 }

export interface HubDependencies {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  /** Without it, users are read from the store each time. This process has to report every change of a user to it. */
  readonly users?: RecentUsers
  /** Observes what is received and what is delivered. */
  readonly watch?: DeliveryWatch
  readonly meter?: Pick<Meter, 'headsFoundBehind'>
  /**
   * Called once for each conversation of which the store has lost the end of the log: its head is lower than one that this
   * node has seen in the store before.
   */
  readonly lostTail?: (conversationId: ConversationId) => void
  /** Bytes for recent events and their rows, over all conversations. 64 MiB by default. */
  readonly recentBytes?: number
  /** Milliseconds for which a conversation stays in memory after its last follower left. Five minutes by default. */
  readonly lingerMs?: number
  /** Milliseconds between two comparisons with the store. 2,000 by default. */
  readonly compareEveryMs?: number
  /** Milliseconds after which an inbox's conversations are read from the store again. 30,000 by default. */
  readonly inboxEveryMs?: number
  /** Least milliseconds between two positions that a stream reports while events flow. 10,000 by default. */
  readonly positionEveryMs?: number
}

/** Owns what all streams of this node share: logs, inboxes, gates, and the comparison with the store. */
export class Hub implements Disposable {
  readonly logs: Logs
  readonly users: RecentUsers | undefined
  readonly positionEveryMs: number
  /** Pass it before opening an inbox. */
  readonly inboxGate = new SubscribeGate(inboxPace)
  /** The open inboxes. */
  readonly inboxes = new Set<Inbox>()
  /** Compares what this node has received with the store. */
  readonly comparison: StoreComparison

  constructor(dependencies: HubDependencies) {
    const { store, bus, log, watch, users, meter, lostTail } = dependencies
    const { recentBytes = 64 * 2 ** 20, lingerMs = 300_000, positionEveryMs = 10_000 } = dependencies
    const { compareEveryMs = 2000, inboxEveryMs = 30_000 } = dependencies
    this.users = users
    this.positionEveryMs = positionEveryMs
    this.logs = new Logs({ store, bus, log, watch, pace, recentBytes, lingerMs })
    this.comparison = new StoreComparison({
      store,
      bus,
      log,
      logs: this.logs,
      inboxes: this.inboxes,
      meter,
      lostTail,
      compareEveryMs,
      inboxEveryMs,
    })
  }

  /** Streams that wait at a gate. */
  get openingsWaiting(): number {
    return this.logs.gate.waiting + this.inboxGate.waiting
  }

  [Symbol.dispose](): void {
    this.comparison[Symbol.dispose]()
    this.logs[Symbol.dispose]()
  }
}
