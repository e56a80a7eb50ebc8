import type { Instant, MessageStore, UserId } from '@cpc-messenger/messenger'
import type { Logger } from '../telemetry/logger.ts'

/** How long instants are gathered before they are written as one set. */
const writeEveryMs = 1000
/** How long an instant is kept after it was written or another node reported it: until every node can read it. */
const keepMs = 30_000

interface Seen {
  readonly at: Instant
  readonly keptSinceMs: number
}

/** When users were last visibly connected: gathered in memory, written as a set, and known here before it is written. */
export class LastSeen implements AsyncDisposable {
  readonly #store: Pick<MessageStore, 'saveLastSeen'>
  readonly #log: Logger
  /** The earliest first. */
  readonly #recent = new Map<UserId, Seen>()
  #unwritten = new Map<UserId, Instant>()
  readonly #timer = setInterval(() => void this.#pass(), writeEveryMs).unref()
  #writing: Promise<void> | undefined
  #hasFailed = false

  constructor(store: Pick<MessageStore, 'saveLastSeen'>, log: Logger) {
    this.#store = store
    this.#log = log
  }

  /** The instant if it may not be readable yet. */
  recent(userId: UserId): Instant | undefined {
    return this.#recent.get(userId)?.at
  }

  /** Another node writes it. */
  note(userId: UserId, at: Instant): void {
    const known = this.#recent.get(userId)
    if (known !== undefined && known.at > at) return
    this.#recent.delete(userId)
    this.#recent.set(userId, { at, keptSinceMs: performance.now() })
  }

  /** Writes it within about a second. */
  save(userId: UserId, at: Instant): void {
    this.#unwritten.set(userId, Math.max(at, this.#unwritten.get(userId) ?? at))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
    await this.#write()
  }

  async #pass(): Promise<void> {
    const now = performance.now()
    for (const [userId, { keptSinceMs }] of this.#recent) {
      if (now - keptSinceMs < keepMs) break
      if (!this.#unwritten.has(userId)) this.#recent.delete(userId)
    }
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined
    })
    await this.#writing
  }

  /** Never rejects: what could not be written is written with the next set. */
  async #write(): Promise<void> {
    if (this.#unwritten.size === 0) return
    const writing = this.#unwritten
    this.#unwritten = new Map()
    try {
      await this.#store.saveLastSeen([...writing].map(([userId, lastSeenAt]) => ({ userId, lastSeenAt })))
      this.#hasFailed = false
    } catch (error) {
      for (const [userId, at] of writing) this.save(userId, at)
      if (!this.#hasFailed) this.#log.warn({ err: error }, 'it could not be stored when users were last seen; retrying')
      this.#hasFailed = true
    }
  }
}
