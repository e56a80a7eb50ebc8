/** The shape of what the tests subscribe to. */
export interface Item {
  readonly __typename: string
  readonly conversationId?: string
  readonly sequence?: number
  readonly position?: string
  readonly live?: boolean
  readonly epoch?: string
  readonly [field: string]: unknown
}

interface Failure {
  readonly message: string
  readonly extensions?: Readonly<Record<string, unknown>> | undefined
}

interface Result {
  readonly data?: Readonly<Record<string, Item | null>> | null | undefined
  readonly errors?: readonly Failure[] | undefined
}

type Results = AsyncIterableIterator<Result>

/** Gathers what a subscription brings; each wait ends by a deadline. */
export class Collected {
  readonly items: Item[] = []
  readonly errors: Failure[] = []
  readonly #results: Results
  #ended = false
  #failure: unknown
  #changed = Promise.withResolvers<void>()

  constructor(results: Results) {
    this.#results = results
    void this.#gather()
  }

  get ended(): boolean {
    return this.#ended
  }

  get failure(): unknown {
    return this.#failure
  }

  get events(): readonly Item[] {
    return this.items.filter(item => item.__typename !== 'StreamPosition')
  }

  get sequences(): readonly (number | undefined)[] {
    return this.events.map(({ sequence }) => sequence)
  }

  async until(condition: (collected: this) => boolean, what = 'what was waited for'): Promise<this> {
    const deadline = Date.now() + 15_000
    while (!condition(this)) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${what} did not come; there is ${JSON.stringify(this.items)}`)
      await Promise.race([this.#changed.promise, new Promise(resolve => setTimeout(resolve, left))])
    }
    return this
  }

  untilLive(): Promise<this> {
    return this.until(({ items }) => items.some(({ live }) => live === true), 'going live')
  }

  async stop(): Promise<void> {
    await this.#results.return?.()
  }

  async #gather(): Promise<void> {
    try {
      for await (const { data, errors } of this.#results) {
        this.errors.push(...(errors ?? []))
        for (const item of Object.values(data ?? {})) if (item !== null) this.items.push(item)
        this.#tell()
      }
    } catch (error) {
      this.#failure = error
    }
    this.#ended = true
    this.#tell()
  }

  #tell(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
