import type { UserId } from '../ids.ts'
import type { PresenceStatus } from '../presence.ts'
import type { Instant } from '../values/instant.ts'

/** The merged state of one user's connections to one node. */
export interface LocalPresence {
  readonly userId: UserId
  /** An invisible user is passed as `OFFLINE`: the registry and its users cannot distinguish the two. */
  readonly status: PresenceStatus
}

/** The merged state of a user's connections to all nodes. */
export interface MergedPresence {
  readonly userId: UserId
  readonly status: PresenceStatus
  /** When the user was last visibly connected, as far as this registry knows; null while the user is. */
  readonly lastSeenAt: Instant | null
}

/**
 * Knows which users are connected, over all nodes.
 *
 * Each node passes the presence of its own connections. Nodes exchange changes at once and their full set every 10 s, so
 * that a lost message is corrected by the next full set.
 *
 * Promises:
 * - A change on this node is in `get` at once. A change on another node is in it within 1 s, or within 10 s if a message
 *   was lost.
 * - The users of a node that has died, or that cannot be reached, are `OFFLINE` within 30 s.
 * - If a user is connected to several nodes, `DO_NOT_DISTURB` precedes `ONLINE`, which precedes `AWAY`, which precedes
 *   `OFFLINE`.
 * - Memory is proportional to the number of connected users. Users who are not connected take none.
 * - No method waits, and none throws.
 *
 * Does not promise:
 * - That all nodes agree at any moment.
 * - Storage. After a restart of all nodes everyone is `OFFLINE` until they reconnect. `lastSeenAt` of users who went offline
 *   is stored by the caller, set-wise.
 *
 * Adapters: in process and NATS. Both pass the same contract test.
 */
export interface PresenceRegistry extends AsyncDisposable {
  /** Sets the merged state of the user's connections to this node. `OFFLINE` removes the user from this node's set. */
  set(presence: LocalPresence): void
  get(userId: UserId): MergedPresence
  /**
   * Calls `listener` with each change of a user's merged presence, on any node: once for each change, in the
   * order in which this node learns of them. It must not throw.
   */
  onChange(listener: (presence: MergedPresence) => void): Disposable
}
