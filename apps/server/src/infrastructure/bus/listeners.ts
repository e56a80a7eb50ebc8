import type { Logger } from '../../services/telemetry/logger.ts'

/** Those who listen, by what they listen to. One who throws does not keep the others from being called. */
export class Listeners<Key, Listener> {
  readonly #log: Logger
  readonly #byKey = new Map<Key, Set<{ readonly listener: Listener }>>()

  constructor(log: Logger) {
    this.#log = log
  }

  get keys(): Iterable<Key> {
    return this.#byKey.keys()
  }

  /** `onLast` is called when the last one who listens to `key` has gone. */
  add(key: Key, listener: Listener, onLast?: () => void): Disposable {
    const listeners = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, listeners)
    // One listener given twice is two.
    const own = { listener }
    listeners.add(own)
    return {
      [Symbol.dispose]: () => {
        if (!listeners.delete(own) || listeners.size > 0 || this.#byKey.get(key) !== listeners) return
        this.#byKey.delete(key)
        onLast?.()
      },
    }
  }

  has(key: Key): boolean {
    return this.#byKey.has(key)
  }

  tell(key: Key, call: (listener: Listener) => void): void {
    for (const { listener } of this.#byKey.get(key) ?? []) {
      try {
        call(listener)
      } catch (error) {
        this.#log.error({ err: error }, 'a listener of the bus failed')
      }
    }
  }
}
