import type { MessageId, UserId } from '../../ids.ts'
import type { Message } from '../../message.ts'
import type { Thread, ThreadState } from '../../thread.ts'
import type { Instant } from '../../values/instant.ts'
import type { TimelineRequest } from './message-reader.ts'

export interface ThreadUser {
  readonly rootId: MessageId
  readonly userId: UserId
}

/** A page of replies in ascending order of sequence; bounds are excluded. */
export interface RepliesRequest extends Omit<TimelineRequest, 'conversationId'> {
  readonly rootId: MessageId
}

export interface ParticipantsRequest {
  readonly rootId: MessageId
  /** The `firstReplySequence` of the last participant of the page before. */
  readonly after?: number
  readonly limit: number
}

export interface Participant {
  readonly userId: UserId
  readonly firstReplySequence: number
}

export interface FollowedThreadsRequest {
  readonly userId: UserId
  /** The last thread of the page before. */
  readonly after?: { readonly lastReplyAt: Instant; readonly rootId: MessageId }
  /** Only threads with a reply after the user's marker: of a deleted reply, or of the user's own, this is not certain. */
  readonly mayBeUnread?: boolean
  readonly limit: number
}

/** What a follower has not read. Of a user who does not follow, both are 0. */
export interface ThreadUnread extends ThreadUser {
  /** Replies by others after the marker that are only in the thread, without deleted ones. */
  readonly unread: number
  /** Mentions after the marker, by name or as everyone, in such replies. */
  readonly mentions: number
}

export interface ThreadReader {
  byRoots(rootIds: readonly MessageId[]): Promise<readonly Thread[]>
  states(pairs: readonly ThreadUser[]): Promise<readonly ThreadState[]>
  /** One for each pair of which there is a state. The cost does not depend on the number of replies. */
  unread(pairs: readonly ThreadUser[]): Promise<readonly ThreadUnread[]>
  /** All replies of a thread, also those that are in the conversation too. */
  replies(request: RepliesRequest): Promise<readonly Message[]>
  /** Users with a reply that is not deleted, in the order of their first replies. */
  participants(request: ParticipantsRequest): Promise<readonly Participant[]>
  /** Threads that a user follows in conversations that they are a member of, the latest reply first. */
  followed(request: FollowedThreadsRequest): Promise<readonly Thread[]>
}
