import type { EventExecutor } from './event-executor.ts'
import type { Payload } from './payload.ts'
import type { SubscriptionSource } from './subscription-source.ts'

const nothing = (): void => undefined

/**
 * The results of a subscription in order, taken one by one: the next item is taken from its log and executed when its
 * result is asked for, and not before.
 */
export class ResponseStream {
  readonly #source: SubscriptionSource
  readonly #executor: EventExecutor
  #onReady = nothing
  #executing = false
  #taking = false
  #payload: Payload | undefined

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
    return this.#source.ended && !this.#executing && this.#payload === undefined
  }

  /** `onReady` is called now, and whenever there may be something to take after there was nothing. */
  serve(onReady: () => void): void {
    this.#onReady = onReady
    this.#source.serve(onReady)
    onReady()
  }

  /** The next result, if it is at hand. */
  take(): Payload | undefined {
    this.#taking = true
    while (this.#payload === undefined && !this.#executing) {
      const item = this.#source.take()
      if (item === undefined) break
      this.#executing = true
      this.#executor.execute(item, payload => this.#executed(payload))
    }
    this.#taking = false
    const payload = this.#payload
    this.#payload = undefined
    return payload
  }

  /** Ends it at once. */
  close(): void {
    this.#onReady = nothing
    this.#source.close()
  }

  #executed(payload: Payload): void {
    this.#executing = false
    this.#payload = payload
    if (!this.#taking) this.#onReady()
  }
}
