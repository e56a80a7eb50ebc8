import type { UserId } from '../../ids.ts'
import type { Presence } from '../../presence.ts'

/** A user's presence on one node. */
export interface LocalPresence {
  /** As others see it: an invisible user is `OFFLINE`, with `lastSeenAt`. */
  readonly presence: Presence
  /**
   * The user has no visible connection to the node any more, and may reconnect in a moment. The presence is valid only while
   * the user has none to other nodes either.
   */
  readonly isLeaving: boolean
}

/** A change of a user's merged presence. */
export interface PresenceChange {
  /** While it is OFFLINE, `lastSeenAt` is when the user was last visibly connected. */
  readonly presence: Presence
  /**
   * The user was connected to a node that has died, and this node was chosen
   * among the others to store `lastSeenAt`.
   */
  readonly orphaned: boolean
}

/**
 * Knows which users are connected, over all nodes, and what others see of them.
 *
 * Each node passes the presence of its own connections. Nodes exchange changes at once and their full set every 10 s, so
 * that a lost message is corrected by the next full set. Status texts are passed with the presence, so that no node has to
 * read the store for users who are connected to another one.
 *
 * Promises:
 * - A change on this node is in `get` at once. A change on another node is in it within 1 s, or within 10 s if a message
 *   was lost.
 * - The users of a node that has died, or that cannot be reached, are `OFFLINE` within 30 s. Those of a node that shuts down
 *   are `OFFLINE` 5 s later unless they have reconnected to another one.
 * - If a user is connected to several nodes, `DO_NOT_DISTURB` precedes `ONLINE`, which precedes `AWAY`, which precedes
 *   `OFFLINE`. Its status text is that of the latest change.
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
  /**
   * Sets the merged presence of the user's connections to this node. `OFFLINE` removes the user from this node's set.
   */
  set(local: LocalPresence): void
  /** Undefined if the user is not visibly connected to any node. */
  get(userId: UserId): Presence | undefined
  /**
   * Calls `listener` with each change of a user's merged presence, on any node: once for each change, in the
   * order in which this node learns of them. It must not throw.
   */
  onChange(listener: (change: PresenceChange) => void): Disposable
}
