import type { Signal, SignalBus, SignalSubscription, SignalTopic } from '@cpc-messenger/messenger'
import type { Logger } from '../../../services/telemetry/logger.ts'
import type { NodeLink } from '../link/node-link.ts'
import { Listeners } from '../listeners/listeners.ts'
import { decodeSignal, encodeSignal } from '../wire/signal-form.ts'

/**
 * A signal bus over NATS, with one subject for each topic that has subscribers. Subscribers of this node are called
 * directly.
 */
export class NatsSignalBus implements SignalBus {
  readonly #link: NodeLink
  /** By subject. */
  readonly #topics: Listeners<string, (signal: Signal) => void>

  constructor(link: NodeLink, log: Logger) {
    this.#link = link
    this.#topics = new Listeners(log)
  }

  get state(): 'up' | 'degraded' {
    return this.#link.state
  }

  publish(topic: SignalTopic, signal: Signal): void {
    const subject = this.#link.subjects.signals(topic)
    this.#topics.tell(subject, listener => listener(signal))
    this.#link.send(subject, () => encodeSignal(signal))
  }

  subscribe(topic: SignalTopic, listener: (signal: Signal) => void): SignalSubscription {
    const subject = this.#link.subjects.signals(topic)
    if (!this.#topics.has(subject)) this.#link.listen(subject, payload => this.#receive(topic, subject, payload))
    const listening = this.#topics.add(subject, listener, () => this.#link.forget(subject))
    return { ready: this.#link.ready(), [Symbol.dispose]: () => listening[Symbol.dispose]() }
  }

  onRestored(listener: () => void): Disposable {
    return this.#link.onRestored(listener)
  }

  #receive(topic: SignalTopic, subject: string, payload: Uint8Array): boolean {
    const signal = decodeSignal(payload, topic)
    if (signal === undefined) return false
    this.#topics.tell(subject, listener => listener(signal))
    return true
  }
}
