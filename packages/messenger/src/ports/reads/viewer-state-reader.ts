import type { ConversationKind } from '../../conversation.ts'
import type { UserId } from '../../ids.ts'
import type { Message } from '../../message.ts'
import type { ViewerState } from '../../viewer-state.ts'
import type { ConversationUser } from './member-reader.ts'

/** What is needed to decide whether a user may move a marker, and whether that changes anything. */
export interface MarkerPlace {
  readonly kind: ConversationKind
  readonly lastSequence: number
  readonly memberCount: number
  /** Where the user joined last; null if the user is not a member. */
  readonly joinedSequence: number | null
  readonly state: ViewerState
}

/** What a member has not read of a timeline: messages of others, without deleted ones and those of the server. */
export interface Unread extends ConversationUser {
  /** Messages after this sequence are unread: the member's marker, or where they have marked the conversation unread. */
  readonly after: number
  readonly count: number
  /**
   * Messages of others that mention the member, by name or as everyone. Not all of them are among the unread ones: an edit can
   * add a mention to a message that was read before.
   */
  readonly mentions: number
}

/** What lists and badges of one user depend on. */
export interface ListedConversation extends Unread {
  readonly kind: ConversationKind
  readonly lastActivityAt: number
  readonly lastSequence: number
  readonly memberCount: number
  readonly isArchived: boolean
  readonly isMuted: boolean
  readonly isMarkedUnread: boolean
}

/**
 * Markers include those that were moved and are not written yet (`MarkerStore`). The cost of counts depends on the user's own
 * and the deleted messages after the marker, not on how many messages are unread.
 */
export interface ViewerStateReader {
  /** Pairs of which nothing is kept are left out. */
  byPairs(pairs: readonly ConversationUser[]): Promise<readonly ViewerState[]>
  /** Conversations that do not exist, or were deleted, are left out. */
  places(pairs: readonly ConversationUser[]): Promise<readonly MarkerPlace[]>
  /** Users who are not members are left out. */
  unread(pairs: readonly ConversationUser[]): Promise<readonly Unread[]>
  /** The first unread message of each; those without one are left out. */
  firstUnread(unread: readonly Unread[]): Promise<readonly Message[]>
  /** All conversations of the user, in the order of their ids. The cost depends on how many they are. */
  listed(userId: UserId): Promise<readonly ListedConversation[]>
}

/** Whether the conversation counts as unread. */
export const hasUnread = ({ count, mentions }: Unread): boolean => count > 0 || mentions > 0
