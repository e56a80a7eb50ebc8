/**
 * Runs an action for each key, at most once in an interval: at once if it has not run lately, and otherwise at the end of the
 * interval, once for all requests in between. It knows only the keys of the last interval.
 */
export class KeyedThrottle<Key> implements Disposable {
  readonly #intervalMs: number
  readonly #run: (key: Key) => boolean
  /** The keys for which it ran within the last interval, the earliest first. */
  readonly #recent = new Map<Key, { readonly ranAt: number; isRequested: boolean }>()
  #timer: NodeJS.Timeout | undefined

  /** `run` returns whether it did something: if not, it may run for this key again at once. It must not throw. */
  constructor(intervalMs: number, run: (key: Key) => boolean) {
    this.#intervalMs = intervalMs
    this.#run = run
  }

  request(key: Key): void {
    const recent = this.#recent.get(key)
    if (recent === undefined) this.#runNow(key)
    else recent.isRequested = true
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#recent.clear()
  }

  #runNow(key: Key): void {
    if (!this.#run(key)) return
    this.#recent.set(key, { ranAt: performance.now(), isRequested: false })
    this.#timer ??= this.#wait(this.#intervalMs)
  }

  #wait(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#passed(), ms).unref()
  }

  #passed(): void {
    const now = performance.now()
    for (const [key, { ranAt, isRequested }] of this.#recent) {
      if (ranAt + this.#intervalMs - now > 1) break
      this.#recent.delete(key)
      if (isRequested) this.#runNow(key)
    }
    // While the timer is set, `#runNow` starts none: the next one is for the earliest key.
    const [next] = this.#recent.values()
    this.#timer = next && this.#wait(Math.max(1, next.ranAt + this.#intervalMs - now))
  }
}
