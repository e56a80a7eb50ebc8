import type { Signal, SignalBus, SignalSubscription, SignalTopic } from '@cpc-messenger/messenger'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { Listeners } from '../listeners/listeners.ts'
import { signalTopicKey } from '../listeners/signal-topic-key.ts'

const ready = Promise.resolve()
const neverRestored: Disposable = { [Symbol.dispose]: () => undefined }

/** The signal bus of a single process: `publish` calls every listener synchronously. */
export class InProcessSignalBus implements SignalBus {
  readonly state: 'up' | 'degraded' = 'up'
  readonly #topics: Listeners<string, (signal: Signal) => void>

  constructor(log: Logger) {
    this.#topics = new Listeners(log)
  }

  publish(topic: SignalTopic, signal: Signal): void {
    this.#topics.tell(signalTopicKey(topic), listener => listener(signal))
  }

  subscribe(topic: SignalTopic, listener: (signal: Signal) => void): SignalSubscription {
    const listening = this.#topics.add(signalTopicKey(topic), listener)
    return { ready, [Symbol.dispose]: () => listening[Symbol.dispose]() }
  }

  /** The bus of one process is always available. */
  onRestored(): Disposable {
    return neverRestored
  }
}
