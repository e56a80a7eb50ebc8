import type { Logger } from '../../../services/telemetry/logger.ts'

/** Listeners by key. A listener that throws does not prevent the others from being called. */
export class Listeners<Key, Listener> {
  readonly #log: Logger
  readonly #byKey = new Map<Key, Set<{ readonly listener: Listener }>>()

  constructor(log: Logger) {
    this.#log = log
  }

  get keys(): Iterable<Key> {
    return this.#byKey.keys()
  }

  /** Calls `onLast` when the last listener of `key` was removed. */
  add(key: Key, listener: Listener, onLast?: () => void): Disposable {
    const listeners = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, listeners)
    // A listener that is added twice is called twice.
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
        this.#log.error({ err: error }, 'a bus listener failed')
      }
    }
  }
}
