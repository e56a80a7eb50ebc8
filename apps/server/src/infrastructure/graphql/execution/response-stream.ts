import type { EventExecutor } from './event-executor.ts'
import type { Payload } from './payload.ts'
import type { Awaiting } from './shared-execution.ts'
import type { SourceItem, SubscriptionSource } from './subscription-source.ts'

/** Items that may be executed ahead, so that those of a burst are ready together. */
const executedAhead = 8

const nothing = (): void => undefined

class Answer implements Awaiting {
  readonly item: SourceItem
  readonly responseKey: string
  readonly #executor: EventExecutor
  readonly #onReady: () => void
  payload: Payload | undefined

  constructor(item: SourceItem, executor: EventExecutor, onReady: () => void) {
    this.item = item
    this.#executor = executor
    this.responseKey = executor.responseKey
    this.#onReady = onReady
  }

  settle(payload: Payload | undefined): void {
    if (payload === undefined) {
      this.#executor.executeAlone(this.item, this)
      return
    }
    this.payload = payload
    this.#onReady()
  }
}

/**
 * The results of a subscription in order, taken one by one: items are taken from their log and executed when results are
 * asked for, and not before.
 */
export class ResponseStream {
  readonly #source: SubscriptionSource
  readonly #executor: EventExecutor
  readonly #answers: Answer[] = []
  readonly #ready = (): void => this.#answered()
  #onReady = nothing
  #taking = false

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

  /** `onReady` is called now, and whenever there may be something to take after there was nothing. */
  serve(onReady: () => void): void {
    this.#onReady = onReady
    this.#source.serve(onReady)
    onReady()
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

  /** Ends it at once. */
  close(): void {
    this.#onReady = nothing
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
    const answer = new Answer(item, this.#executor, this.#ready)
    this.#answers.push(answer)
    this.#executor.execute(item, answer)
  }

  #answered(): void {
    if (!this.#taking && this.#answers[0]?.payload !== undefined) this.#onReady()
  }
}
