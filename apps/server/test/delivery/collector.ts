import type { Conversation, LogEvent } from '@cpc-messenger/messenger'
import type { StreamItem } from '../../src/delivery/log/stream-item.ts'
import type { EventStream } from '../../src/delivery/streams/event-stream.ts'
import type { InboxStart, LogStart } from '../../src/delivery/streams/subscription-service.ts'
import { actor, type Backend, user } from '../backend.ts'

type Delivering = Pick<Backend, 'subscriptionService'>

/** A subscriber that takes every item in memory, until it is paused. */
export class Collector implements Disposable {
  readonly items: StreamItem[] = []
  readonly stream: EventStream
  #paused = false
  #changed: () => void = () => undefined

  private constructor(backend: Delivering, name: string) {
    this.stream = backend.subscriptionService.open(user(name), { streamReady: () => this.#pump() })
  }

  static async conversation(backend: Delivering, name: string, conversation: Conversation, start: LogStart = {}) {
    const collector = new Collector(backend, name)
    await backend.subscriptionService.follow(collector.stream, actor(name), conversation.id, start)
    return collector
  }

  static async inbox(backend: Delivering, name: string, start: InboxStart = {}) {
    const collector = new Collector(backend, name)
    await backend.subscriptionService.followInbox(collector.stream, start)
    return collector
  }

  get events(): readonly LogEvent[] {
    return this.items.flatMap(item => (item.kind === 'event' ? [item.event] : []))
  }

  get sequences(): readonly number[] {
    return this.events.map(event => event.sequence)
  }

  get texts(): readonly string[] {
    return this.items.flatMap(item =>
      item.kind === 'event' && item.message?.content.kind === 'text' ? [item.message.content.text] : [],
    )
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#pump()
  }

  /** Resolves once what came satisfies a condition. */
  async until(condition: (collector: this) => boolean, what: string): Promise<void> {
    const deadline = Date.now() + 15_000
    while (!condition(this)) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`${what} did not come; what came: ${JSON.stringify(this.items)}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  [Symbol.dispose](): void {
    this.stream.close()
  }

  #pump(): void {
    while (!this.#paused) {
      const item = this.stream.take()
      if (item === undefined) break
      this.items.push(item)
    }
    this.#changed()
  }
}
