import type { MessageId, UserId } from '../../ids.ts'
import type { FirstReactors, Reaction, ReactionKey, ReactionSummary } from '../../reaction.ts'

export interface MessageUser {
  readonly messageId: MessageId
  readonly userId: UserId
}

export interface ReactionsRequest {
  readonly messageId: MessageId
  readonly emoji?: string
  /** The `sequence` of the last reaction of the page before. */
  readonly after?: number
  readonly limit: number
}

export interface ReactionReader {
  /** The number of users for each emoji; for each message in the order in which its emoji were first used. */
  summaries(messageIds: readonly MessageId[]): Promise<readonly ReactionSummary[]>
  /** For every emoji on each message. */
  firstReactors(messageIds: readonly MessageId[]): Promise<readonly FirstReactors[]>
  /** The emoji that each of these users has put on the message. */
  byPairs(pairs: readonly MessageUser[]): Promise<readonly ReactionKey[]>
  /** In the order in which they were made. */
  page(request: ReactionsRequest): Promise<readonly Reaction[]>
}
