import type { Conversation } from '@cpc-messenger/messenger'
import type { DeliveredSignal, SignalItem } from '../../../src/delivery/signals/signal-item.ts'
import { type ConversationSignalKind, conversationSignalKinds } from '../../../src/delivery/signals/signal-kinds.ts'
import type { SignalStream } from '../../../src/delivery/signals/signal-stream.ts'
import { actor, type Backend } from '../../backend.ts'
import { until } from '../../support/until.ts'

/** A signal and when it came, in milliseconds of the monotonic clock. */
export interface Received {
  readonly at: number
  readonly item: SignalItem
}

/** A subscriber that takes every signal, until it is paused. */
export class SignalCollector implements Disposable {
  readonly sent: Received[] = []
  readonly stream: SignalStream
  #paused = false

  private constructor({ signalService }: Pick<Backend, 'signalService'>, name: string) {
    this.stream = signalService.open(actor(name), { streamReady: () => this.#pump() })
  }

  static async open(
    backend: Pick<Backend, 'signalService'>,
    name: string,
    follow: (stream: SignalStream) => Promise<void>,
  ): Promise<SignalCollector> {
    const collector = new SignalCollector(backend, name)
    try {
      await follow(collector.stream)
      return collector
    } catch (error) {
      collector.stream.close()
      throw error
    }
  }

  static conversation(
    backend: Pick<Backend, 'signalService'>,
    name: string,
    conversation: Pick<Conversation, 'id'>,
    kinds: readonly ConversationSignalKind[] = conversationSignalKinds,
  ): Promise<SignalCollector> {
    return SignalCollector.open(backend, name, stream =>
      backend.signalService.followConversation(stream, actor(name), conversation.id, new Set(kinds)),
    )
  }

  get signals(): readonly DeliveredSignal[] {
    return this.sent.map(({ item }) => item.signal)
  }

  /** Each typing signal in short: `+bob` or `-bob`, with the thread if there is one. */
  get typing(): readonly string[] {
    return this.signals.flatMap(signal => {
      if (signal.type !== 'TypingStarted' && signal.type !== 'TypingStopped') return []
      const { type, userId, threadRootId } = signal
      return [`${type === 'TypingStarted' ? '+' : '-'}${userId}${threadRootId === null ? '' : ` in ${threadRootId}`}`]
    })
  }

  until(condition: (collector: this) => boolean, what: string): Promise<void> {
    return until(
      () => condition(this),
      () => `${what}; what came: ${JSON.stringify(this.signals)}`,
    )
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#pump()
  }

  [Symbol.dispose](): void {
    this.stream.close()
  }

  #pump(): void {
    while (!this.#paused) {
      const item = this.stream.take()
      if (item === undefined) break
      this.sent.push({ at: performance.now(), item })
    }
  }
}
