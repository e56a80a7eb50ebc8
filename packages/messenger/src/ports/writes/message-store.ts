import type { AuditEntry } from '../../audit.ts'
import type { Conversation } from '../../conversation.ts'
import type { LogEvent } from '../../events.ts'
import type { ConversationId, MessageId, UserId } from '../../ids.ts'
import type { Membership } from '../../membership.ts'
import type { Mention, MentionKey } from '../../mentions.ts'
import type { Message, MessageRevision } from '../../message.ts'
import type { LastSeen, StoredPresence } from '../../presence.ts'
import type { Reaction, ReactionKey } from '../../reaction.ts'
import type { Thread, ThreadState } from '../../thread.ts'
import type { User } from '../../user.ts'
import type { ViewerState } from '../../viewer-state.ts'
import type { CommitMark } from '../reads/inbox-reader.ts'
import type { ConversationUser } from '../reads/member-reader.ts'
import type { Snapshot, SnapshotOptions, StoreReader } from '../reads/store-reader.ts'
import type { MarkerStore } from './marker-store.ts'

export interface SentKey {
  readonly conversationId: ConversationId
  readonly authorId: UserId
  readonly clientMessageId: string
}

export interface IdempotencyKey {
  readonly userId: UserId
  readonly key: string
}

/** A key that was used, and the conversation that it created. */
export interface StoredIdempotencyKey extends IdempotencyKey {
  readonly conversationId: ConversationId
}

/** One version of a message. */
export interface RevisionKey {
  readonly messageId: MessageId
  readonly version: number
}

/** What one command needs to decide. Rows that do not exist are left out of what is loaded. */
export interface Needs {
  readonly conversations?: readonly ConversationId[]
  /** Their conversations are loaded and locked too. */
  readonly messages?: readonly MessageId[]
  /** Stored revisions. Their messages must be in `messages` too. */
  readonly revisions?: readonly RevisionKey[]
  /** The memberships of these users in each conversation of this command, ended ones included. */
  readonly memberships?: readonly UserId[]
  readonly users?: readonly UserId[]
  /** The quotas of these users. Each must be in `users` too, so that no other batch changes its quota meanwhile. */
  readonly quotas?: readonly UserId[]
  /** What these users have chosen. Each must be in `users` too. */
  readonly presences?: readonly UserId[]
  /** The reaction itself, and the number of users for each emoji on its message. */
  readonly reactions?: readonly ReactionKey[]
  /** The message that was sent under this key. */
  readonly sent?: readonly SentKey[]
  /** The DIRECT conversation of this pair (see `directPairOf`); it then counts as a conversation of this command. */
  readonly directPairs?: readonly string[]
  /** The conversation that was created with this key; it then counts as a conversation of this command. */
  readonly idempotencyKeys?: readonly IdempotencyKey[]
  readonly conversationKeys?: readonly string[]
  /**
   * Threads by their roots. The threads of replies among `messages` are loaded too. With each thread come the states of the
   * authors of those replies and of the users in `memberships`.
   */
  readonly threads?: readonly MessageId[]
  /** The stored mentions in these messages. */
  readonly mentions?: readonly MessageId[]
  /** What these users keep of these conversations, which must be in `conversations` too. */
  readonly viewerStates?: readonly ConversationUser[]
}

export interface EmojiCount {
  readonly messageId: MessageId
  readonly emoji: string
  readonly count: number
}

/** The counts that are limited for each user. */
export interface Quota {
  readonly userId: UserId
  /** Groups and channels of which they are the OWNER. */
  readonly owned: number
  /** Users whom they added by id and who have not signed in yet. */
  readonly named: number
}

/** The union of what the commands of a batch need, each row once. */
export interface LoadedRows {
  readonly conversations: readonly Conversation[]
  readonly messages: readonly Message[]
  readonly revisions: readonly MessageRevision[]
  readonly memberships: readonly Membership[]
  readonly users: readonly User[]
  readonly reactions: readonly Reaction[]
  readonly emojiCounts: readonly EmojiCount[]
  readonly quotas: readonly Quota[]
  readonly presences: readonly StoredPresence[]
  readonly idempotencyKeys: readonly StoredIdempotencyKey[]
  readonly threads: readonly Thread[]
  readonly threadStates: readonly ThreadState[]
  readonly mentions: readonly Mention[]
  readonly viewerStates: readonly ViewerState[]
}

/** The end of every active membership of a conversation. */
export interface EndedMemberships {
  readonly conversationId: ConversationId
  readonly sequence: number
}

/** A conversation that returns to the lists of those of these users who have archived it. */
export interface ConversationReturn {
  readonly conversationId: ConversationId
  readonly userIds: readonly UserId[] | 'everyone'
  readonly exceptUserId: UserId
}

export const returnsFor = ({ userIds, exceptUserId }: ConversationReturn, userId: UserId): boolean =>
  userId !== exceptUserId && (userIds === 'everyone' || userIds.includes(userId))

/** Whole rows, each at most once. A row with a known id replaces the stored one. */
export interface Changes {
  readonly conversations: readonly Conversation[]
  readonly memberships: readonly Membership[]
  readonly messages: readonly Message[]
  readonly revisions: readonly MessageRevision[]
  readonly reactionsAdded: readonly Reaction[]
  readonly reactionsRemoved: readonly ReactionKey[]
  /** Messages of which all reactions are erased; no reaction to them is in the two lists above. */
  readonly reactionsErased: readonly MessageId[]
  readonly users: readonly User[]
  /** Of two values of `lastSeenAt`, the later one is kept. */
  readonly presences: readonly StoredPresence[]
  readonly idempotencyKeys: readonly StoredIdempotencyKey[]
  readonly threads: readonly Thread[]
  /** Of two values of `readSequence`, the greater one is kept. */
  readonly threadStates: readonly ThreadState[]
  readonly mentionsAdded: readonly Mention[]
  readonly mentionsRemoved: readonly MentionKey[]
  /** For each conversation in order, from its stored `lastSequence` + 1 on. */
  readonly events: readonly LogEvent[]
  /** Conversations whose active memberships all end, at this sequence; after `memberships` has been written. */
  readonly endedMemberships: readonly EndedMemberships[]
  /** Of what is stored, before `viewerStates` are written. */
  readonly returns: readonly ConversationReturn[]
  /** Their markers are written only if they are greater than the stored ones. */
  readonly viewerStates: readonly ViewerState[]
  /** New entries. */
  readonly audit: readonly AuditEntry[]
}

/** What a commit has found out. */
export interface Committed {
  /** Users who had archived the conversation: it has returned to their lists. */
  readonly returned: readonly ConversationUser[]
}

/** A loaded batch that is not written yet. Either `commit` or disposal ends it; disposal rolls back. */
export interface OpenBatch extends AsyncDisposable {
  /** At least what the commands that are not deferred need. */
  readonly rows: LoadedRows
  /**
   * The indexes, in order, of commands whose rows another writer has locked. They must not be decided in this batch.
   */
  readonly deferred: readonly number[]
  /** Resolves when all changes are durable: they survive a power cut. If it rejects, nothing was written. */
  commit(changes: Changes): Promise<Committed>
}

/**
 * Stores everything durably. If the database fails, calls reject with a `Refusal` UNAVAILABLE with the cause, and nothing
 * was changed.
 */
export interface MessageStore extends AsyncDisposable {
  /** A random id that is made with the database. Positions of another epoch are invalid. */
  readonly epoch: string
  /** Each call reads its own snapshot, which is never older than the call. */
  readonly latest: StoreReader
  readonly markers: MarkerStore
  snapshot(options?: SnapshotOptions): Snapshot
  /** The number of batches that may be open at once. If greater than 1, needs also name the conversation of each message. */
  readonly writers: number
  /**
   * Loads what all these commands need, and locks their conversations, direct pairs, keys and users until the batch ends.
   * Commands that need what another writer has locked are deferred. With `wait` the batch waits for those locks, for 250 ms
   * at most; then the whole batch is deferred.
   */
  begin(needs: readonly Needs[], options?: { readonly wait?: boolean }): Promise<OpenBatch>
  /** Stores when users were last visibly connected, as a set. Of two instants of one user, the later one is kept. */
  saveLastSeen(seen: readonly LastSeen[]): Promise<void>
  /**
   * Erases up to `limit` rows of deleted conversations and of erased histories, and returns how many it erased: none
   * while another node erases. Not during a batch.
   */
  purge(limit: number): Promise<number>
  /** The later of two marks. If one is invalid, returns that one, so that it is refused when it is used. */
  laterMark(one: CommitMark, other: CommitMark): CommitMark
  /** The epoch in the database now. If it differs from `epoch`, the store must be opened again. */
  storedEpoch(): Promise<string>
  /** Writes a new epoch, unless the database already has another one than `epoch`. */
  renewEpoch(): Promise<void>
  /**
   * A random secret, 32 bytes in base64url, that only the nodes on this database know. It is made at the first call, and
   * again with each new epoch.
   */
  sharedSecret(): Promise<string>
  /** Rejects if the database does not respond. */
  ping(): Promise<void>
}
