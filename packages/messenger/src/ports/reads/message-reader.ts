import type { ConversationId, MessageId } from '../../ids.ts'
import type { Message, MessageRevision } from '../../message.ts'

/** A page of a timeline in ascending order of sequence; bounds are excluded. */
export interface TimelineRequest {
  readonly conversationId: ConversationId
  readonly after?: number
  readonly before?: number
  /** Which of the messages between the bounds are returned: the oldest or the newest. */
  readonly end: 'oldest' | 'newest'
  readonly limit: number
}

/** A page of stored revisions in ascending order of version. */
export interface RevisionsRequest {
  readonly messageId: MessageId
  /** The page begins after this version. */
  readonly after?: number
  readonly limit: number
}

export interface MessageConversation {
  readonly messageId: MessageId
  readonly conversationId: ConversationId
}

export interface MessageReader {
  byIds(ids: readonly MessageId[]): Promise<readonly Message[]>
  timeline(request: TimelineRequest): Promise<readonly Message[]>
  /** The newest message of each timeline. */
  lastOf(conversationIds: readonly ConversationId[]): Promise<readonly Message[]>
  /** The earlier versions that are kept, also redacted ones; never any of an erased history. */
  revisions(request: RevisionsRequest): Promise<readonly MessageRevision[]>
  /** The conversation of each message. It never changes. */
  conversationsOf(ids: readonly MessageId[]): Promise<readonly MessageConversation[]>
}
