import type { LocalPresence, Presence, PresenceStatus, UserId } from '@cpc-messenger/messenger'

const ranks: Readonly<Record<PresenceStatus, number>> = { OFFLINE: 0, AWAY: 1, ONLINE: 2, DO_NOT_DISTURB: 3 }

interface Entry extends LocalPresence {
  /** Greater than that of every entry that was set before. */
  readonly order: number
}

const isSame = (one: Presence | undefined, other: Presence | undefined): boolean =>
  one?.status === other?.status &&
  one?.statusText === other?.statusText &&
  one?.statusExpiresAt === other?.statusExpiresAt

/** Users who are connected, by node, and their merged presence. */
export class NodePresences {
  readonly #byNode = new Map<string, Map<UserId, Entry>>()
  #order = 0

  /** Sets a user's presence on one node. Returns the merged presence if it has changed. */
  set(node: string, { presence, isLeaving }: LocalPresence): Presence | undefined {
    const { userId, status } = presence
    const users = this.#byNode.get(node) ?? new Map<UserId, Entry>()
    const stored = users.get(userId)
    const isUnchanged = isSame(stored?.presence, presence) && stored?.isLeaving === isLeaving
    if (status === 'OFFLINE' ? stored === undefined : isUnchanged) return undefined
    const before = this.get(userId)
    if (status === 'OFFLINE') users.delete(userId)
    else {
      if (!isSame(stored?.presence, presence)) this.#order += 1
      users.set(userId, { presence, isLeaving, order: isLeaving ? (stored?.order ?? 0) : this.#order })
    }
    if (users.size > 0) this.#byNode.set(node, users)
    else this.#byNode.delete(node)
    const after = this.get(userId)
    return isSame(before, after) ? undefined : (after ?? presence)
  }

  /** Undefined if the user is connected to no node. */
  get(userId: UserId): Presence | undefined {
    let highest: Entry | undefined
    let latest: Entry | undefined
    for (const users of this.#byNode.values()) {
      const entry = users.get(userId)
      if (entry === undefined || (entry.isLeaving && highest?.isLeaving === false)) continue
      const isFirst = highest === undefined || (highest.isLeaving && !entry.isLeaving)
      if (isFirst || highest === undefined || ranks[entry.presence.status] > ranks[highest.presence.status])
        highest = entry
      if (isFirst || latest === undefined || entry.order > latest.order) latest = entry
    }
    if (highest === undefined || latest === undefined) return undefined
    return highest === latest ? highest.presence : { ...latest.presence, status: highest.presence.status }
  }

  /** The users who are connected to one node. */
  usersOf(node: string): readonly UserId[] {
    return [...(this.#byNode.get(node)?.keys() ?? [])]
  }

  /** A user's presence on one node: another object after each change. */
  on(node: string, userId: UserId): LocalPresence | undefined {
    return this.#byNode.get(node)?.get(userId)
  }
}
