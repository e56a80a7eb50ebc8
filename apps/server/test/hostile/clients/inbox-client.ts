import type { LogEvent } from '@cpc-messenger/messenger'
import { laterSequences, parseInboxPosition } from '../../../src/delivery/inbox/inbox-position.ts'
import type { EventStream } from '../../../src/delivery/streams/event-stream.ts'
import type { InboxStart } from '../../../src/delivery/streams/subscription-service.ts'
import { type Backend, user } from '../../backend.ts'

interface Taken {
  readonly event: LogEvent | undefined
  /** Where to reconnect to after it. */
  readonly place: string
}

/** A client of an inbox that is cut at any item, and reconnects with the position right after the last one that it has. */
export class InboxClient implements Disposable {
  readonly #backend: Backend
  readonly #name: string
  /** What it has of earlier streams. */
  readonly #kept: Taken[] = []
  #taken: Taken[] = []
  #stream: EventStream | undefined
  #start: InboxStart

  constructor(backend: Backend, name: string, start: InboxStart) {
    this.#backend = backend
    this.#name = name
    this.#start = start
  }

  get taken(): readonly Taken[] {
    return [...this.#kept, ...this.#taken]
  }

  get events(): readonly LogEvent[] {
    return this.taken.flatMap(({ event }) => event ?? [])
  }

  /** The newest sequence that it has of each conversation. */
  get sequences(): ReadonlyMap<string, number> {
    return new Map(this.events.map(({ conversationId, sequence }) => [conversationId, sequence]))
  }

  async connect(): Promise<void> {
    const stream = this.#backend.subscriptionService.open(user(this.#name), { streamReady: () => this.#take(stream) })
    await this.#backend.subscriptionService.followInbox(stream, this.#start)
    this.#stream = stream
    this.#take(stream)
  }

  /** Only the first `share` of what this stream brought has reached it; of its first stream one item at least. */
  cut(share: number): void {
    this.#stream?.close()
    this.#stream = undefined
    const least = this.#kept.length === 0 ? 1 : 0
    this.#kept.push(...this.#taken.slice(0, Math.max(least, Math.round(this.#taken.length * share))))
    this.#taken = []
    const point = parseInboxPosition(this.#kept.at(-1)?.place ?? '')
    if (point === undefined) throw new TypeError('a place that is none')
    // Without a mark it goes with the list that the client began with, as an id of server-sent events does.
    if (point.mark !== undefined) this.#start = { from: this.#kept.at(-1)?.place }
    else if (this.#start.after !== undefined)
      this.#start = { after: laterSequences(this.#start.after, point.sequences) }
  }

  async until(condition: (client: this) => boolean): Promise<void> {
    const deadline = Date.now() + 5000
    while (!condition(this)) {
      if (Date.now() > deadline) throw new Error(`it did not come; there is ${JSON.stringify(this.taken)}`)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
  }

  [Symbol.dispose](): void {
    this.#stream?.close()
  }

  #take(stream: EventStream): void {
    if (this.#stream !== stream) return
    for (let item = stream.take(); item !== undefined; item = stream.take()) {
      if (item.kind === 'refused') throw item.refusal
      const place = stream.inbox?.positionText ?? ''
      if (item.kind === 'position' && item.position !== place) throw new Error('a position is not where the stream is')
      if (item.kind !== 'ended') this.#taken.push({ event: item.kind === 'event' ? item.event : undefined, place })
    }
  }
}
