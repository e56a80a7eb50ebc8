import type { EventBus, LogPage, LogPageRequest, MessageStore } from '@cpc-messenger/messenger'
import { Semaphore } from '../../services/concurrency/semaphore.ts'
import { BatchedReads } from '../../services/reads/batched-reads.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import { BacklogLoader } from './backlog-loader.ts'
import { CatchUp } from './catch-up.ts'
import type { DeliveryWatch } from './delivery-watch.ts'
import { SubscribeGate, type SubscribePace } from './subscribe-gate.ts'
import { Topics } from './topics.ts'

/** Pages for single cursors that are read at the same time. */
const maxConcurrentPages = 16

interface LogsDependencies {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  readonly watch: DeliveryWatch | undefined
  /** Paces the openings of streams and repeated membership checks. */
  readonly pace: SubscribePace
  /** Bytes for recent events and their rows, over all conversations. */
  readonly recentBytes: number
  /** Milliseconds for which a conversation stays in memory after its last follower left. */
  readonly lingerMs: number
}

/** The logs that have followers on this node: their topics, and everything that cursors read of them. */
export class Logs implements Disposable {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly log: Logger
  readonly watch: DeliveryWatch | undefined
  /** Reads of streams that are being opened, batched over all of them. */
  readonly reads: BatchedReads
  /** Pass it before opening a stream and before checking a membership again. */
  readonly gate: SubscribeGate
  readonly topics: Topics
  readonly catchUp: CatchUp
  readonly backlog: BacklogLoader
  readonly #pages = new Semaphore(maxConcurrentPages)
  #cursorsBehind = 0

  constructor({ store, bus, log, watch, pace, recentBytes, lingerMs }: LogsDependencies) {
    this.store = store
    this.bus = bus
    this.log = log
    this.watch = watch
    this.reads = new BatchedReads(store.latest)
    this.gate = new SubscribeGate(pace)
    this.topics = new Topics({ bus, recentBytes, lingerMs, watch })
    this.catchUp = new CatchUp(this.topics)
    this.backlog = new BacklogLoader(store, this.catchUp)
  }

  /** Cursors that are not at the head of their log. */
  get cursorsBehind(): number {
    return this.#cursorsBehind
  }

  countBehind(change: 1 | -1): void {
    this.#cursorsBehind += change
  }

  /** Reads a page for one cursor. */
  page(request: LogPageRequest): Promise<LogPage> {
    return this.#pages.run(() => this.store.latest.log.page(request))
  }

  [Symbol.dispose](): void {
    this.topics[Symbol.dispose]()
  }
}
