import type { LogEvent } from '../events.ts'
import type { ConversationId, UserId } from '../ids.ts'
import type { EventRows } from './log-reader.ts'

/** A log has grown. */
export interface Announcement {
  readonly conversationId: ConversationId
  /** In order and without a hole, one at least. */
  readonly events: readonly LogEvent[]
  /** The rows that the events are about, as they stood at the end of the commit that the events are of, or newer. */
  readonly rows: EventRows
  /** The W3C `traceparent` of one of the commands that it is of, where that is traced. */
  readonly trace?: string
}

/** A user has become a member of a conversation, by its event `sequence`. */
export interface MembershipNotice {
  readonly userId: UserId
  readonly conversationId: ConversationId
  readonly sequence: number
}

/** Who committed what is announced: this process, or another one, which may be wrong about what is stored. */
export type AnnouncementOrigin = 'here' | 'elsewhere'

/** Whoever listens to a conversation. Each is called in a turn of its own or in the publisher's. */
export interface ConversationListener {
  /** The log has grown by these events. The announcement is shared: it is not to be changed. */
  receive(announcement: Announcement, origin: AnnouncementOrigin): void
  /** Another process says that the log goes as far as this sequence; what it has grown by was too large to send. */
  advance(head: number): void
}

/** Disposing it ends it: the listener is not called after that. */
export interface BusSubscription extends Disposable {
  /**
   * Resolves when everything that is published from now on arrives, unless it is lost: whoever goes live reads the store
   * after this. It never rejects, and waits for a fifth of a second at most, and not at all while the bus is degraded.
   */
  readonly ready: Promise<void>
}

/**
 * Tells this node that logs have grown. It may lose, repeat and reorder what is published, and never says so: whoever
 * listens compares with the store. Publishing never waits and never throws; what is published while the bus is degraded
 * reaches this node's own listeners and is lost to the others.
 */
export interface EventBus {
  /** This node's own listeners are called before it returns. */
  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void
  subscribe(conversationId: ConversationId, listener: ConversationListener): BusSubscription
  subscribeUser(userId: UserId, listener: (notice: MembershipNotice) => void): BusSubscription
  /** Calls `listener` each time that the bus is up again: much of what was announced before was lost. */
  onRestored(listener: () => void): Disposable
  /** `degraded` while announcements are known not to arrive. */
  readonly state: 'up' | 'degraded'
}
