import type { StreamConsumer } from '../../../delivery/streams/event-stream.ts'
import type { EventExecutor } from './event-executor.ts'
import type { Payload } from './payload.ts'
import { PendingResult, type ResultOwner } from './pending-result.ts'
import type { SourceItem, SubscriptionSource } from './subscription-source.ts'

/** Items that may be executed ahead, so that those of a burst are ready together. */
const executedAhead = 8

/**
 * The results of a subscription in order, taken one by one: items are taken from their log and executed when results are
 * asked for, and not before. Some are executed ahead, and are validated when they are taken: what was deleted while they
 * waited does not go out, nor what is later than the viewer's membership.
 */
export class ResponseStream implements ResultOwner {
  readonly #source: SubscriptionSource
  readonly #executor: EventExecutor
  readonly #answers: PendingResult[] = []
  readonly #memory: Disposable | undefined
  #consumer: StreamConsumer | undefined
  #taking = false
  #closed = false

  /** `memory` is disposed of when it is closed. */
  constructor(source: SubscriptionSource, executor: EventExecutor, memory?: Disposable) {
    this.#source = source
    this.#executor = executor
    this.#memory = memory
  }

  /** Where to come back to after the result that was taken last. */
  get place(): string | undefined {
    return this.#source.place
  }

  /** Nothing comes any more. */
  get ended(): boolean {
    return this.#source.ended && this.#answers.length === 0
  }

  /** The consumer is told now, and whenever there may be something to take after there was nothing. */
  attach(consumer: StreamConsumer): void {
    this.#consumer = consumer
    this.#source.attach(consumer)
    consumer.streamReady()
  }

  resultChanged(): void {
    const [first] = this.#answers
    if (!this.#taking && (first?.settled || first?.dropped)) this.#consumer?.streamReady()
  }

  /** The next result, if it is at hand. */
  take(): Payload | undefined {
    if (this.#answers.length > 0) return this.#takeAnswer()
    const item = this.#source.take()
    if (item === undefined) return undefined
    const known = this.#executor.known(item)
    if (known === undefined || !this.#mayGoOut(known)) {
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
    this.#consumer = undefined
    this.#answers.length = 0
    this.#source.close()
    this.#memory?.[Symbol.dispose]()
  }

  /** Of the item that was taken just now. */
  #mayGoOut({ readSet }: Payload): boolean {
    const { viewerId } = this.#executor
    return readSet === undefined || readSet.validityFor(viewerId, this.#source.memberUpTo) === 'valid'
  }

  #takeAnswer(): Payload | undefined {
    this.#taking = true
    this.#executeAhead()
    const payload = this.#takeFirst()
    this.#taking = false
    return payload
  }

  #takeFirst(): Payload | undefined {
    for (let first = this.#answers[0]; first !== undefined; first = this.#answers[0]) {
      const payload = first.take()
      if (payload === undefined && !first.dropped) {
        if (first.settled) continue
        // Those behind it that are out of date too are executed together with it.
        for (const answer of this.#answers) if (answer.settled) answer.validate()
        return undefined
      }
      this.#answers.shift()
      if (payload !== undefined) {
        this.#source.passed(first.item)
        return payload
      }
      this.#executeAhead()
    }
    return undefined
  }

  #executeAhead(): void {
    while (this.#answers.length < executedAhead) {
      const item = this.#source.take()
      if (item === undefined) return
      this.#execute(item)
    }
  }

  #execute(item: SourceItem): void {
    const answer = new PendingResult(item, this.#source.memberUpTo, this.#executor, this)
    this.#answers.push(answer)
    answer.execute()
  }
}
