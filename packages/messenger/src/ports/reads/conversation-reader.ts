import type { Conversation, ConversationKind } from '../../conversation.ts'
import type { ConversationId, UserId } from '../../ids.ts'

export interface UserConversationsRequest {
  readonly userId: UserId
  readonly kinds?: readonly ConversationKind[]
  /** Leaves out those that the user has archived. */
  readonly withoutArchived?: boolean
  /** The last conversation of the page before. */
  readonly after?: { readonly lastActivityAt: number; readonly id: ConversationId }
  readonly limit: number
}

export interface ChannelsRequest {
  /** The beginning of a name; case is ignored. */
  readonly search?: string
  /** The last channel of the page before. */
  readonly after?: { readonly name: string; readonly id: ConversationId }
  readonly limit: number
}

export interface ConversationReader {
  byIds(ids: readonly ConversationId[]): Promise<readonly Conversation[]>
  byKey(key: string): Promise<Conversation | undefined>
  /**
   * The conversations of a user, latest activity first. For a user with many, the cost depends on the number of conversations of the
   * server that were active since, and is at most twice the number of the user's conversations.
   */
  ofUser(request: UserConversationsRequest): Promise<readonly Conversation[]>
  /** Channels by name, then id. */
  channels(request: ChannelsRequest): Promise<readonly Conversation[]>
}
