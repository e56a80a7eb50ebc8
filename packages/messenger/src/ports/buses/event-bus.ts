import type { LogEvent } from '../../events.ts'
import type { ConversationId, UserId } from '../../ids.ts'
import type { EventRows } from '../reads/log-reader.ts'

/** A log has grown. */
export interface Announcement {
  readonly conversationId: ConversationId
  /** In order, without a gap, at least one. */
  readonly events: readonly LogEvent[]
  /** The rows of the events, as they were at the end of the events' commit, or newer. */
  readonly rows: EventRows
  /** The W3C `traceparent` of one of the commands, if that is traced. */
  readonly trace?: string
}

/** A user has become a member of a conversation, by the event with this sequence. */
export interface MembershipNotice {
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly sequence: number
}

/** Which process has committed the events: this one, or another one, which may be wrong about what is stored. */
export type AnnouncementOrigin = 'here' | 'elsewhere'

/** A subscriber of a conversation's announcements. It is called in any tick of the event loop, also in that of publishing. */
export interface ConversationListener {
  /** The log has grown by these events. The announcement is shared: do not change it. */
  receive(announcement: Announcement, origin: AnnouncementOrigin): void
  /** Another process reports this head; the events were too large to send. */
  advance(head: number): void
}

/** Ends when it is disposed of: the listener is not called afterwards. */
export interface BusSubscription extends Disposable {
  /**
   * Resolves when everything that is published from now on is delivered, unless it is lost. Read the store for going live
   * only after this. Never rejects; resolves after 200 ms at most, and at once while the bus is degraded.
   */
  readonly ready: Promise<void>
}

/**
 * Announces to the nodes that logs have grown. It may lose, repeat and reorder announcements without reporting it, so
 * subscribers compare with the store. Publishing never waits and never throws. Announcements that are published while the bus
 * is degraded reach this node's own listeners only.
 */
export interface EventBus {
  /** This node's own listeners are called before this method returns. */
  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void
  subscribe(conversationId: ConversationId, listener: ConversationListener): BusSubscription
  subscribeUser(userId: UserId, listener: (notice: MembershipNotice) => void): BusSubscription
  /** Calls `listener` each time after an outage: announcements were lost. */
  onRestored(listener: () => void): Disposable
  /** `degraded` while announcements are known not to reach other nodes. */
  readonly state: 'up' | 'degraded'
}
