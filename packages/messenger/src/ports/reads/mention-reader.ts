import type { MessageId, UserId } from '../../ids.ts'

export interface MentionsRequest {
  readonly userId: UserId
  /** Only messages that were sent before this one. */
  readonly before?: MessageId
  readonly limit: number
}

/** A page reads a bounded number of rows: it may have fewer messages than requested, even none, although there is a next page. */
export interface MentionsPage {
  /** Newest first. */
  readonly messageIds: readonly MessageId[]
  /** Where the next page begins; undefined if there is none. */
  readonly before: MessageId | undefined
}

export interface MentionReader {
  /**
   * Messages that mention a user by name, or as everyone since the user first joined, in conversations that the user is a member of.
   * Messages that are deleted, or do not mention the user any more, are not among them.
   */
  ofUser(request: MentionsRequest): Promise<MentionsPage>
}
