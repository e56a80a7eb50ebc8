import type { ConversationId, MembershipId, UserId } from '../../ids.ts'
import type { Membership } from '../../membership.ts'

export interface ConversationUser {
  readonly conversationId: ConversationId
  readonly userId: UserId
}

export interface MembersRequest {
  readonly conversationId: ConversationId
  /** The `joinedSequence` of the last membership of the page before. */
  readonly after?: number
  readonly limit: number
}

export interface MemberSearchRequest extends MembersRequest {
  readonly search: string
}

/** A search page reads a bounded number of rows: it may have fewer rows than requested, even none, although there is a next page. */
export interface MemberSearchPage {
  readonly memberships: readonly Membership[]
  /** Where the next page begins; undefined if there is none. */
  readonly after: number | undefined
}

export interface MemberReader {
  /** Ended memberships included. */
  byIds(ids: readonly MembershipId[]): Promise<readonly Membership[]>
  /** Ended memberships included. */
  byPairs(pairs: readonly ConversationUser[]): Promise<readonly Membership[]>
  /** Active memberships in the order of joining. */
  page(request: MembersRequest): Promise<readonly Membership[]>
  /** Like `page`, for users whose display name or id begins with `search`, ignoring case. */
  search(request: MemberSearchRequest): Promise<MemberSearchPage>
  /** Up to five active members of each conversation, without `exceptUserId`, in the order of joining. */
  heroes(conversationIds: readonly ConversationId[], exceptUserId: UserId): Promise<readonly ConversationUser[]>
  /**
   * For each of `otherIds` who shares a conversation with the user, the first such conversation by id: both are active members
   * of it. A user shares all conversations with themselves.
   */
  shared(userId: UserId, otherIds: readonly UserId[]): Promise<readonly ConversationUser[]>
}
