import type { User, UserId, UserReader } from '@cpc-messenger/messenger'
import { LruCache } from '../caching/lru-cache.ts'

/** A cached user may be out of date for this long, if another process has changed them. */
const freshMs = 2000
const maxCached = 20_000

interface Known {
  readonly user: Promise<User | undefined>
  readonly readAt: number
  /** The user, once it is read. */
  row: User | undefined
}

/** Caches users for a short time. Users that this process changes are removed at once. */
export class RecentUsers {
  readonly #known = new LruCache<UserId, Known>(maxCached)

  async read(ids: readonly UserId[], users: UserReader['byIds']): Promise<readonly User[]> {
    const now = performance.now()
    const missing = ids.filter(id => now - (this.#known.get(id)?.readAt ?? Number.NEGATIVE_INFINITY) > freshMs)
    if (missing.length > 0) this.#ask(missing, users(missing), now)
    const found = await Promise.all(ids.map(id => this.#known.get(id)?.user))
    return found.filter(user => user !== undefined)
  }

  /** Undefined if the user is not in memory. */
  find(id: UserId): User | undefined {
    const known = this.#known.get(id)
    return known !== undefined && performance.now() - known.readAt <= freshMs ? known.row : undefined
  }

  /** Removes changed users. Reads of them that are running are not cached either. */
  forget(ids: Iterable<UserId>): void {
    for (const id of ids) this.#known.delete(id)
  }

  #ask(ids: readonly UserId[], reading: Promise<readonly User[]>, readAt: number): void {
    const rows = reading.then(users => new Map(users.map(user => [user.id, user])))
    rows.catch(() => this.forget(ids))
    for (const id of ids) {
      const known: Known = { user: rows.then(users => users.get(id)), readAt, row: undefined }
      this.#known.set(id, known)
      known.user.then(
        user => {
          known.row = user
        },
        () => undefined,
      )
    }
  }
}
