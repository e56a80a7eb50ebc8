import {
  currentStatus,
  type Instant,
  offline,
  type Presence,
  type PresenceStatus,
  type StoredPresence,
  type UserId,
} from '@cpc-messenger/messenger'

/** A user with connections to this node, or who had some until a moment ago. */
export class ConnectedUser {
  readonly userId: UserId
  /** Whether the user is active on the device of each connection. */
  readonly #connections = new Map<string, boolean>()
  /** What the user has chosen; undefined until it is read. Others see nothing of the user before. */
  chosen: StoredPresence | undefined
  /** What the registry has of this node; undefined while that is OFFLINE. */
  published: Presence | undefined
  /** Since when the user is not visibly connected to this node although `published` says so. */
  leftAt: { readonly at: Instant; readonly ms: number } | undefined
  /** When `published` was last set, on the monotonic clock. */
  publishedMs = Number.NEGATIVE_INFINITY
  /** When it was last stored that the user was seen, on the monotonic clock. */
  savedMs = 0

  constructor(userId: UserId) {
    this.userId = userId
  }

  get isConnected(): boolean {
    return this.#connections.size > 0
  }

  setActive(connectionId: string, active: boolean): void {
    this.#connections.set(connectionId, active)
  }

  disconnect(connectionId: string): void {
    this.#connections.delete(connectionId)
  }

  /** What others see of the connections to this node. An invisible user is OFFLINE, as one without a connection. */
  presence(at: Instant): Presence {
    const { chosen, userId } = this
    const status = this.#status()
    if (chosen === undefined || status === 'OFFLINE') return offline(userId)
    return { userId, status, ...currentStatus(chosen, at), lastSeenAt: null }
  }

  #status(): PresenceStatus {
    if (!this.isConnected || this.chosen === undefined) return 'OFFLINE'
    const { choice } = this.chosen
    if (choice === 'INVISIBLE') return 'OFFLINE'
    if (choice !== 'AUTOMATIC') return choice
    return this.#connections.values().some(active => active) ? 'ONLINE' : 'AWAY'
  }
}
