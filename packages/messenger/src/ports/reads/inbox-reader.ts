import type { ConversationId, UserId } from '../../ids.ts'
import type { ConversationUser } from './member-reader.ts'

/**
 * A position over all logs: every commit that a snapshot does not show yet has a greater mark. Opaque; valid for this store
 * and within one epoch only.
 */
export type CommitMark = string

export interface InboxHead {
  readonly conversationId: ConversationId
  readonly head: number
  readonly joinedSequence: number
}

/** What one snapshot shows of the logs of a user: every commit up to the mark, and in some logs later ones too. */
export interface InboxMark {
  readonly userId: UserId
  readonly mark: CommitMark
  /**
   * Logs of which the snapshot shows events after the mark, with the newest sequence that the user may see. In a conversation
   * that the user has left, this is the sequence of their leaving.
   */
  readonly ahead: readonly { readonly conversationId: ConversationId; readonly sequence: number }[]
}

export interface StoredInbox extends InboxMark {
  /** Every conversation that the user is a member of. */
  readonly conversations: readonly InboxHead[]
}

export interface InboxCheckpoint {
  readonly userId: UserId
  /** A mark of an earlier snapshot. */
  readonly since: CommitMark
}

export interface InboxChange {
  readonly conversationId: ConversationId
  /** Every event that was committed after the mark has a greater sequence. */
  readonly after: number
}

export interface InboxChanges extends InboxCheckpoint {
  /** The mark of this snapshot. */
  readonly mark: CommitMark
  readonly changed: readonly InboxChange[]
}

export interface JoinsSince {
  readonly mark: CommitMark
  readonly joins: readonly ConversationUser[]
}

export interface InboxReader {
  /** The mark of this snapshot. */
  mark(): Promise<CommitMark>
  markOf(userId: UserId): Promise<InboxMark>
  /** One for each user, all in one snapshot. */
  ofUsers(userIds: readonly UserId[]): Promise<readonly StoredInbox[]>
  /**
   * The logs of each user that have grown since the mark, logs of conversations left since included; all in one snapshot. For
   * a conversation first joined since, `after` is the sequence before the MemberJoined. Requests with an invalid mark, or one
   * of a later snapshot, are left out.
   */
  changesSince(requests: readonly InboxCheckpoint[]): Promise<readonly InboxChanges[]>
  /**
   * Memberships that began by commits after the mark, and the mark of this snapshot. The same one may be returned again. If
   * there are more than `limit`, only some of them are returned.
   */
  joinsSince(mark: CommitMark, limit: number): Promise<JoinsSince>
}
