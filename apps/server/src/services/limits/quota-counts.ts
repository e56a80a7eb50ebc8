import { isActive, type Membership, type Quota, type User, type UserId } from '@cpc-messenger/messenger'

const ownerOf = (membership: Membership | undefined): UserId | undefined =>
  membership !== undefined && membership.role === 'OWNER' && isActive(membership) ? membership.userId : undefined

/** Counts per user, as loaded and including what the batch has changed. */
export class QuotaCounts {
  readonly #owned = new Map<UserId, number>()
  readonly #named = new Map<UserId, number>()

  constructor(quotas: readonly Quota[]) {
    for (const { userId, owned, named } of quotas) {
      this.#owned.set(userId, owned)
      this.#named.set(userId, named)
    }
  }

  owned(userId: UserId): number {
    return this.#owned.get(userId) ?? 0
  }

  named(userId: UserId): number {
    return this.#named.get(userId) ?? 0
  }

  membershipChanged(before: Membership | undefined, after: Membership): void {
    add(this.#owned, ownerOf(before), -1)
    add(this.#owned, ownerOf(after), 1)
  }

  userChanged(before: User | undefined, after: User): void {
    add(this.#named, before?.namedById ?? undefined, -1)
    add(this.#named, after.namedById ?? undefined, 1)
  }
}

const add = (counts: Map<UserId, number>, userId: UserId | undefined, change: 1 | -1): void => {
  if (userId !== undefined) counts.set(userId, (counts.get(userId) ?? 0) + change)
}
