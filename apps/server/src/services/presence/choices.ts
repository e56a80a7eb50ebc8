import {
  newPresence,
  type PresencePlace,
  type SignalBus,
  type StoredPresence,
  type StoreReader,
  type UserId,
} from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import type { Logger } from '../telemetry/logger.ts'

/** How long requests are gathered before the store is read for all of them. */
const gatherMs = 200
const retryMs = 1000
/** Changes are listed again for this long: the clocks of nodes differ, and changes become visible later than they are made. */
const overlapMs = 120_000
const pageSize = 500

export interface ChoicesDependencies {
  readonly reader: StoreReader
  readonly signalBus: SignalBus
  readonly log: Logger
}

/**
 * What the users of this node have chosen. It is read when a user connects and whenever a signal says that it has changed.
 * Signals may be lost, so changes are also listed from time to time.
 */
export class Choices implements Disposable {
  readonly #dependencies: ChoicesDependencies
  readonly #onRead: (chosen: StoredPresence) => void
  readonly #watched = new Map<UserId, Disposable>()
  readonly #unread = new Set<UserId>()
  readonly #single: DataLoader<UserId, StoredPresence>
  readonly #restored: Disposable
  #timer: NodeJS.Timeout | undefined
  #isReading = false
  #hasFailed = false
  #place: PresencePlace | undefined

  /** `onRead` is called with each choice of a watched user that was read; it may be older than a known one. */
  constructor(dependencies: ChoicesDependencies, onRead: (chosen: StoredPresence) => void) {
    this.#dependencies = dependencies
    this.#onRead = onRead
    this.#single = new DataLoader(ids => this.#byUsers(ids), { cache: false })
    this.#restored = dependencies.signalBus.onRestored(() => this.#request(this.#watched.keys()))
  }

  /** Reads the user's choice, and again whenever it changes. */
  watch(userId: UserId): void {
    if (this.#watched.has(userId)) return
    this.#watched.set(
      userId,
      this.#dependencies.signalBus.subscribe({ kind: 'private', userId }, ({ key }) => {
        if (key.kind === 'viewer') this.#request([userId])
      }),
    )
    this.#request([userId])
  }

  forget(userId: UserId): void {
    this.#watched.get(userId)?.[Symbol.dispose]()
    this.#watched.delete(userId)
    this.#unread.delete(userId)
  }

  /** The choice as it is stored now. */
  read(userId: UserId): Promise<StoredPresence> {
    return this.#single.load(userId)
  }

  /** Finds changes of which the signal was lost. Never rejects. */
  async findMissed(now: number): Promise<void> {
    if (this.#watched.size === 0) return
    this.#place ??= { changedAt: now, userId: '' }
    let place: PresencePlace = { changedAt: Math.max(0, this.#place.changedAt - overlapMs), userId: '' }
    try {
      for (let isLast = false; !isLast; ) {
        const rows = await this.#dependencies.reader.presences.changedAfter(place, pageSize)
        for (const row of rows) if (this.#watched.has(row.userId)) this.#onRead(row)
        place = rows.at(-1) ?? place
        isLast = rows.length < pageSize
      }
      this.#place = { changedAt: now, userId: '' }
    } catch (error) {
      this.#failed(error)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#restored[Symbol.dispose]()
    for (const subscription of this.#watched.values()) subscription[Symbol.dispose]()
    this.#watched.clear()
    this.#unread.clear()
  }

  #request(userIds: Iterable<UserId>): void {
    for (const userId of userIds) this.#unread.add(userId)
    this.#wait(gatherMs)
  }

  #wait(ms: number): void {
    if (this.#unread.size > 0 && !this.#isReading) this.#timer ??= setTimeout(() => void this.#readAll(), ms).unref()
  }

  /** Never rejects. */
  async #readAll(): Promise<void> {
    this.#timer = undefined
    this.#isReading = true
    const ids = [...this.#unread]
    this.#unread.clear()
    try {
      for (const row of await this.#byUsers(ids)) if (this.#watched.has(row.userId)) this.#onRead(row)
      this.#hasFailed = false
    } catch (error) {
      for (const id of ids) if (this.#watched.has(id)) this.#unread.add(id)
      this.#failed(error)
    }
    this.#isReading = false
    this.#wait(this.#hasFailed ? retryMs : gatherMs)
  }

  /** A choice for each of the users, in their order. */
  async #byUsers(ids: readonly UserId[]): Promise<StoredPresence[]> {
    const rows = await this.#dependencies.reader.presences.byUsers(ids)
    const byId = new Map(rows.map(row => [row.userId, row]))
    return ids.map(id => byId.get(id) ?? newPresence(id))
  }

  #failed(error: unknown): void {
    if (!this.#hasFailed) this.#dependencies.log.warn({ err: error }, 'presence could not be read; retrying')
    this.#hasFailed = true
  }
}
