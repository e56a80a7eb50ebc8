import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { EventExecutor } from './event-executor.ts'
import { PendingResult } from './pending-result.ts'
import type { ResponsePayload } from './response-payload.ts'
import type { ResultWaiter } from './shared-execution.ts'
import type { SourceItem, SubscriptionSource } from './subscription-source.ts'

/** Items that may be executed ahead, so that those of a burst are ready together. */
const maxExecutedAhead = 8

/**
 * The results of a subscription in order. The consumer takes them one by one; only then are items taken from their log and
 * executed. Some are executed ahead, and each is validated when it is taken: a result with deleted content, or with rows from
 * after the end of the viewer's membership, is never sent.
 *
 * Data is always pulled: by the consumer from the stream, by the stream from the executor and its shared executions. The
 * opposite direction has only notifications that something may be ready.
 */
export class ResponseStream implements ResultWaiter {
  readonly #source: SubscriptionSource
  readonly #executor: EventExecutor
  readonly #pending: PendingResult[] = []
  readonly #memory: Disposable | undefined
  #consumer: StreamConsumer | undefined
  #taking = false
  #closed = false

  /** `memory` is disposed of when the stream is closed. */
  constructor(source: SubscriptionSource, executor: EventExecutor, memory?: Disposable) {
    this.#source = source
    this.#executor = executor
    this.#memory = memory
  }

  /** The resume position after the last result that was taken. */
  get place(): string | undefined {
    return this.#source.place
  }

  /** No more results will come. */
  get ended(): boolean {
    return this.#source.ended && this.#pending.length === 0
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The consumer is notified now, and whenever there may be results again after there were none. */
  attach(consumer: StreamConsumer): void {
    this.#consumer = consumer
    this.#source.attach(consumer)
    consumer.streamReady()
  }

  resultReady(): void {
    if (!this.#taking && this.#pending[0]?.ready) this.#consumer?.streamReady()
  }

  /** The next result, if it is ready. */
  take(): ResponsePayload | undefined {
    const { delivery } = this.#source
    if (delivery === 'revoked') this.#pending.length = 0
    if (delivery === 'held') return undefined
    if (this.#pending.length > 0) return this.#takePending()
    const item = this.#source.take()
    if (item === undefined) return undefined
    const known = this.#executor.known(item)
    if (known !== undefined && this.#isValidNow(known)) {
      this.#source.passed(item)
      return known
    }
    this.#taking = true
    this.#execute(item)
    return this.#takePending()
  }

  /** Ends the stream immediately. */
  close(): void {
    this.#closed = true
    this.#consumer = undefined
    this.#pending.length = 0
    this.#source.close()
    this.#memory?.[Symbol.dispose]()
  }

  /** For the item that was taken just now. */
  #isValidNow({ readSet }: ResponsePayload): boolean {
    const { viewerId } = this.#executor
    return readSet === undefined || readSet.validityFor(viewerId, this.#source.memberUpTo) === 'valid'
  }

  #takePending(): ResponsePayload | undefined {
    this.#taking = true
    this.#executeAhead()
    const payload = this.#takeFirst()
    this.#taking = false
    return payload
  }

  #takeFirst(): ResponsePayload | undefined {
    for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
      const payload = first.validPayload()
      if (payload === undefined && !first.dropped) {
        // Stale results behind it are executed again together with it.
        for (const pending of this.#pending) pending.validPayload()
        return undefined
      }
      this.#pending.shift()
      if (payload !== undefined) {
        this.#source.passed(first.item)
        return payload
      }
      this.#executeAhead()
    }
    return undefined
  }

  #executeAhead(): void {
    while (this.#pending.length < maxExecutedAhead) {
      const item = this.#source.take()
      if (item === undefined) return
      this.#execute(item)
    }
  }

  #execute(item: SourceItem): void {
    this.#pending.push(new PendingResult(item, this.#source.memberUpTo, this.#executor, this))
  }
}
