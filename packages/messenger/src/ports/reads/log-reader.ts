import type { Conversation } from '../../conversation.ts'
import type { LogEvent } from '../../events.ts'
import type { ConversationId, MessageId, UserId } from '../../ids.ts'
import type { Membership } from '../../membership.ts'
import type { Message } from '../../message.ts'
import type { ConversationUser } from './member-reader.ts'

/** The rows that events refer to, by id. */
export interface EventRows {
  readonly messages: readonly Message[]
  readonly memberships: readonly Membership[]
  readonly conversations: readonly Conversation[]
}

/** Which events of a log are read: the reactions to one message, or what happens in one thread and to its root. */
export type LogFilter =
  | { readonly kind: 'reactions'; readonly messageId: MessageId }
  | { readonly kind: 'thread'; readonly rootId: MessageId }

/** Whether an event passes a filter. The end of a membership passes none. */
export const passesFilter = (event: LogEvent, filter: LogFilter): boolean => {
  if (!('messageId' in event)) return false
  if (filter.kind === 'thread') return event.messageId === filter.rootId || event.threadRootId === filter.rootId
  return event.messageId === filter.messageId && (event.type === 'ReactionAdded' || event.type === 'ReactionRemoved')
}

export interface LogPageRequest {
  readonly conversationId: ConversationId
  readonly after: number
  /** 1 to 1000. */
  readonly limit: number
  /** Only these events. */
  readonly filter?: LogFilter
  /** Whose membership is checked in the same snapshot; without it no membership is checked. */
  readonly viewerId?: UserId
}

export interface LogPage {
  /**
   * Oldest first. If `viewerId` is no longer a member: only the event that ended their membership, if its sequence is
   * greater than `after`.
   */
  readonly events: readonly LogEvent[]
  readonly rows: EventRows
  /** The sequence of the newest event of the log. */
  readonly head: number
  /** Whether the viewer is a member; true if the request names no viewer. */
  readonly member: boolean
}

/** The head of a log and whether a user is a member, in one snapshot. */
export interface LogMembership extends ConversationUser {
  /** The sequence of the newest event of the log. */
  readonly head: number
  readonly member: boolean
}

export interface LogHead {
  readonly conversationId: ConversationId
  readonly head: number
}

export interface LogReader {
  page(request: LogPageRequest): Promise<LogPage>
  /** All in one snapshot. Pairs whose conversation does not exist are left out. */
  memberships(pairs: readonly ConversationUser[]): Promise<readonly LogMembership[]>
  heads(conversationIds: readonly ConversationId[]): Promise<readonly LogHead[]>
}
