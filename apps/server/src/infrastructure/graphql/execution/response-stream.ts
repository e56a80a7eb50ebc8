import type { StreamTaker } from '../../../delivery/event-stream.ts'
import type { EventExecutor } from './event-executor.ts'
import type { Payload } from './payload.ts'
import type { Awaiting } from './shared-execution.ts'
import type { SourceItem, SubscriptionSource } from './subscription-source.ts'

/** Items that may be executed ahead, so that those of a burst are ready together. */
const executedAhead = 8

class PendingResult implements Awaiting {
  readonly item: SourceItem
  readonly responseKey: string
  readonly #executor: EventExecutor
  readonly #stream: ResponseStream
  payload: Payload | undefined

  constructor(item: SourceItem, executor: EventExecutor, stream: ResponseStream) {
    this.item = item
    this.#executor = executor
    this.responseKey = executor.responseKey
    this.#stream = stream
  }

  get over(): boolean {
    return this.#stream.closed
  }

  settle(payload: Payload | undefined): void {
    if (payload === undefined) {
      this.#executor.executeAlone(this.item, this)
      return
    }
    this.payload = payload
    this.#stream.answered()
  }
}

/**
 * The results of a subscription in order, taken one by one: items are taken from their log and executed when results are
 * asked for, and not before.
 */
export class ResponseStream {
  readonly #source: SubscriptionSource
  readonly #executor: EventExecutor
  readonly #answers: PendingResult[] = []
  #taker: StreamTaker | undefined
  #taking = false
  #closed = false

  constructor(source: SubscriptionSource, executor: EventExecutor) {
    this.#source = source
    this.#executor = executor
  }

  /** Where to come back to after the result that was taken last. */
  get place(): string | undefined {
    return this.#source.place.text
  }

  /** Nothing comes any more. */
  get ended(): boolean {
    return this.#source.ended && this.#answers.length === 0
  }

  /** The taker is told now, and whenever there may be something to take after there was nothing. */
  serve(taker: StreamTaker): void {
    this.#taker = taker
    this.#source.serve(taker)
    taker.streamReady()
  }

  /** An answer has come. */
  answered(): void {
    if (!this.#taking && this.#answers[0]?.payload !== undefined) this.#taker?.streamReady()
  }

  /** The next result, if it is at hand. */
  take(): Payload | undefined {
    if (this.#answers.length > 0) return this.#takeAnswer()
    const item = this.#source.take()
    if (item === undefined) return undefined
    const known = this.#executor.known(item)
    if (known === undefined) {
      this.#taking = true
      this.#execute(item)
      return this.#takeAnswer()
    }
    this.#source.passed(item)
    return known
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Ends it at once. */
  close(): void {
    this.#closed = true
    this.#taker = undefined
    this.#answers.length = 0
    this.#source.close()
  }

  #takeAnswer(): Payload | undefined {
    this.#taking = true
    this.#executeAhead()
    this.#taking = false
    const [first] = this.#answers
    if (first?.payload === undefined) return undefined
    this.#answers.shift()
    this.#source.passed(first.item)
    return first.payload
  }

  #executeAhead(): void {
    while (this.#answers.length < executedAhead) {
      const item = this.#source.take()
      if (item === undefined) return
      this.#execute(item)
    }
  }

  #execute(item: SourceItem): void {
    const answer = new PendingResult(item, this.#executor, this)
    this.#answers.push(answer)
    this.#executor.execute(item, answer)
  }
}
