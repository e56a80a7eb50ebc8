import type { ResponseStream } from '../../src/infrastructure/graphql/subscriptions/response-stream.ts'
import { openStream } from './transports/open-stream.ts'

interface Result {
  readonly data?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>> | null
  readonly errors?: readonly unknown[]
}

/** What one subscriber takes from a runner, without a transport between them. */
export class Taken {
  readonly texts: string[] = []
  readonly #stream: ResponseStream
  #changed = Promise.withResolvers<void>()

  private constructor(stream: ResponseStream) {
    this.#stream = stream
  }

  static async open(...of: Parameters<typeof openStream>): Promise<Taken> {
    return new Taken(await openStream(...of))
  }

  get results(): readonly Result[] {
    return this.texts.map(text => JSON.parse(text))
  }

  /** What came under the root field, but for positions. */
  get events(): readonly Readonly<Record<string, unknown>>[] {
    return this.results.flatMap(({ data }) =>
      Object.values(data ?? {}).flatMap(item => (item === null || item.live !== undefined ? [] : [item])),
    )
  }

  start(): this {
    this.#stream.attach({ streamReady: () => this.take() })
    return this
  }

  async until(condition: (taken: this) => boolean): Promise<this> {
    const deadline = Date.now() + 15_000
    while (!condition(this)) {
      if (Date.now() > deadline) throw new Error(`it did not come; there is ${this.texts.join('\n')}`)
      await Promise.race([this.#changed.promise, new Promise(resolve => setTimeout(resolve, 200))])
    }
    return this
  }

  untilLive(): Promise<this> {
    return this.start().until(({ texts }) => texts.some(text => text.includes('"live":true')))
  }

  untilEvents(count: number): Promise<this> {
    return this.until(({ events }) => events.length >= count)
  }

  close(): void {
    this.#stream.close()
  }

  /** Takes once what is there. */
  take(): void {
    for (let payload = this.#stream.take(); payload !== undefined; payload = this.#stream.take())
      this.texts.push(payload.json)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}
