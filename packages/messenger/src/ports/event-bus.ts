import type { LogEvent } from '../events.ts'
import type { ConversationId, UserId } from '../ids.ts'
import type { EventRows } from './message-store.ts'

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

/**
 * Tells this node that logs have grown. It may lose, repeat and reorder what is published, and never says so: whoever
 * listens compares with the store. Publishing never waits and never throws.
 */
export interface EventBus {
  publish(announcements: readonly Announcement[], notices: readonly MembershipNotice[]): void
  /** Calls `listener` from now on, each time in a turn of its own or in the publisher's; never after the answer's disposal. */
  subscribe(conversationId: ConversationId, listener: (announcement: Announcement) => void): Disposable
  subscribeUser(userId: UserId, listener: (notice: MembershipNotice) => void): Disposable
  /** `degraded` while announcements are known not to arrive. */
  readonly state: 'up' | 'degraded'
}
