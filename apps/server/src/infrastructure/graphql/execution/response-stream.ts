import type { ExecutionResult } from 'graphql'
import type { SourceItem, SubscriptionSource } from './subscription-source.ts'

/**
 * The results of a subscription: the next item is taken and executed when the next result is asked for, and not before.
 * Returning ends it at once, an item that is being waited for notwithstanding.
 */
export class ResponseStream implements AsyncGenerator<ExecutionResult, undefined, undefined> {
  readonly #source: SubscriptionSource
  readonly #execute: (item: SourceItem) => Promise<ExecutionResult>

  constructor(source: SubscriptionSource, execute: (item: SourceItem) => Promise<ExecutionResult>) {
    this.#source = source
    this.#execute = execute
  }

  /** Where to come back to after the latest result. */
  get place(): string | undefined {
    return this.#source.place.text
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const item = await this.#source.next()
    return item.done ? { value: undefined, done: true } : { value: await this.#execute(item.value), done: false }
  }

  async return(): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#source.return()
    return { value: undefined, done: true }
  }

  async throw(error: unknown): Promise<IteratorResult<ExecutionResult, undefined>> {
    await this.#source.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}
