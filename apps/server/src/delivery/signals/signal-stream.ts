import type { UserId } from '@cpc-messenger/messenger'
import type { StreamConsumer } from '../streams/event-stream.ts'
import type { SignalItem } from './signal-item.ts'

/**
 * The signals of one subscriber, pulled by the consumer like the events of an `EventStream`. What is not taken is replaced by
 * later signals with the same key: its memory is bounded by the number of keys, however slowly the consumer takes.
 */
export class SignalStream {
  readonly viewerId: UserId
  readonly #consumer: StreamConsumer
  /** The first pending signal: mostly there is no other one, and a broadcast reaches thousands of streams. */
  #first: SignalItem | undefined
  /** The other pending signals, by key. */
  readonly #others = new Map<string, SignalItem>()
  readonly #onClose: Disposable[] = []
  #closed = false
  #ended = false
  #held = false

  constructor(viewerId: UserId, consumer: StreamConsumer) {
    this.viewerId = viewerId
    this.#consumer = consumer
  }

  /** Signals that wait for the consumer. */
  get pending(): number {
    return this.#others.size + (this.#first === undefined ? 0 : 1)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The viewer may see no more of it: what was not taken is never delivered. */
  get ended(): boolean {
    return this.#ended
  }

  /** Whether the viewer may still see it is being read: nothing is delivered meanwhile. */
  get held(): boolean {
    return this.#held
  }

  push(item: SignalItem): void {
    if (this.#closed || this.#ended) return
    if (this.#first?.key === item.key || (this.#first === undefined && this.#others.size === 0)) this.#first = item
    else this.#others.set(item.key, item)
    this.#consumer.streamReady()
  }

  /** What waits under this key is not delivered. */
  discard(key: string): void {
    if (this.#first?.key === key) this.#first = undefined
    this.#others.delete(key)
  }

  /** The next signal; undefined if there is none, or none may be delivered now. */
  take(): SignalItem | undefined {
    if (this.#held) return undefined
    const first = this.#first
    if (first !== undefined) {
      this.#first = undefined
      return first
    }
    if (this.#others.size === 0) return undefined
    const [next] = this.#others.values()
    if (next !== undefined) this.#others.delete(next.key)
    return next
  }

  hold(): void {
    this.#held = true
  }

  resume(): void {
    this.#held = false
    this.#consumer.streamReady()
  }

  /** Ends it for the consumer too, which closes it. */
  end(): void {
    if (this.#closed || this.#ended) return
    this.#ended = true
    this.#held = false
    this.#release()
    this.#consumer.streamReady()
  }

  /** Disposes of a resource when the stream ends or is closed; at once if that is over. */
  use(resource: Disposable): void {
    if (this.#closed || this.#ended) resource[Symbol.dispose]()
    else this.#onClose.push(resource)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#release()
  }

  #release(): void {
    this.#first = undefined
    this.#others.clear()
    for (const resource of this.#onClose.splice(0)) resource[Symbol.dispose]()
  }
}
