import type { Conversation, ConversationKind } from '../conversation.ts'
import type { LogEvent } from '../events.ts'
import type { ConversationId, MembershipId, MessageId, UserId } from '../ids.ts'
import type { Membership } from '../membership.ts'
import type { Message, MessageRevision } from '../message.ts'
import type { FirstReactors, Reaction, ReactionKey, ReactionSummary } from '../reaction.ts'
import type { User } from '../user.ts'

// ── Commands ────────────────────────────────────────────────────────────────────────────────────────────────

export interface SentKey {
  readonly conversationId: ConversationId
  readonly authorId: UserId
  readonly clientMessageId: string
}

export interface IdempotencyKey {
  readonly userId: UserId
  readonly key: string
}

/** What one command must see to decide. Whatever does not exist is simply not among the answer's rows. */
export interface Needs {
  readonly conversations?: readonly ConversationId[]
  /** Their conversations are loaded, and locked, too. */
  readonly messages?: readonly MessageId[]
  /** The memberships of these users in each conversation of this command, those that ended included. */
  readonly memberships?: readonly UserId[]
  readonly users?: readonly UserId[]
  /** How much these users have of what is counted for each; one of `users` too, so that nobody else adds to it meanwhile. */
  readonly quotas?: readonly UserId[]
  /** The reaction itself, and how often each emoji stands on its message. */
  readonly reactions?: readonly ReactionKey[]
  /** The message that was sent under this key. */
  readonly sent?: readonly SentKey[]
  /** The DIRECT conversation of this pair (see `directPairOf`), and of this command from then on. */
  readonly directPairs?: readonly string[]
  /** The conversation that was made under this key, and of this command from then on. */
  readonly idempotencyKeys?: readonly IdempotencyKey[]
  readonly conversationKeys?: readonly string[]
}

export interface EmojiCount {
  readonly messageId: MessageId
  readonly emoji: string
  readonly count: number
}

/** What is counted for a user. */
export interface Quota {
  readonly userId: UserId
  /** Groups and channels that they are the OWNER of. */
  readonly owned: number
  /** Users whom they named and who have not signed in yet. */
  readonly named: number
}

/** The union of what the commands of a batch need, each row once. */
export interface LoadedRows {
  readonly conversations: readonly Conversation[]
  readonly messages: readonly Message[]
  readonly memberships: readonly Membership[]
  readonly users: readonly User[]
  readonly reactions: readonly Reaction[]
  readonly emojiCounts: readonly EmojiCount[]
  readonly quotas: readonly Quota[]
  readonly idempotencyKeys: readonly (IdempotencyKey & { readonly conversationId: ConversationId })[]
}

/** Whole rows, each at most once; those of a known id replace what is stored. */
export interface Changes {
  readonly conversations: readonly Conversation[]
  readonly memberships: readonly Membership[]
  readonly messages: readonly Message[]
  readonly revisions: readonly MessageRevision[]
  readonly reactionsAdded: readonly Reaction[]
  readonly reactionsRemoved: readonly ReactionKey[]
  /** Messages of which every reaction goes, whoever it is of; none of them is among the two above. */
  readonly reactionsErased: readonly MessageId[]
  readonly users: readonly User[]
  readonly idempotencyKeys: readonly (IdempotencyKey & { readonly conversationId: ConversationId })[]
  /** For each conversation in order, from its stored `lastSequence` + 1 on. */
  readonly events: readonly LogEvent[]
  /** Conversations whose active memberships all end, at this sequence; after `memberships` has been written. */
  readonly endedMemberships: readonly { readonly conversationId: ConversationId; readonly sequence: number }[]
}

/** A batch between its loading and its writing. Exactly one of `commit` and disposal ends it; disposal undoes it. */
export interface OpenBatch extends AsyncDisposable {
  /** Of all commands that are not deferred, at least. */
  readonly rows: LoadedRows
  /**
   * The commands that this batch could not take in, because somebody else holds what they need, in order: their indexes
   * among those that it was begun with. Nothing of them may be decided.
   */
  readonly deferred: readonly number[]
  /** Resolves after everything is durable: a power cut from then on loses nothing of it. Rejects with nothing written. */
  commit(changes: Changes): Promise<void>
}

// ── Reads ───────────────────────────────────────────────────────────────────────────────────────────────────

/** The rows that events are about, by id. */
export interface EventRows {
  readonly messages: readonly Message[]
  readonly memberships: readonly Membership[]
  readonly conversations: readonly Conversation[]
}

export interface LogPageRequest {
  readonly conversationId: ConversationId
  readonly after: number
  /** 1 to 1000. */
  readonly limit: number
  /** Only the reaction events of this message. */
  readonly reactionsTo?: MessageId
  /** Whose membership the same statement proves; without it none is asked for. */
  readonly viewerId?: UserId
}

export interface LogPage {
  /**
   * Oldest first. Where `viewerId` is no longer a member, it holds the event that ended their membership, if that comes
   * after `after`, and nothing else.
   */
  readonly events: readonly LogEvent[]
  readonly rows: EventRows
  /** The sequence of the log's newest event in this snapshot. */
  readonly head: number
  /** Whether the viewer is a member in this snapshot; true where no viewer was named. */
  readonly member: boolean
}

export interface ConversationViewer {
  readonly conversationId: ConversationId
  readonly userId: UserId
}

/** Where a log stands, and whether a user is a member, both of one snapshot. */
export interface LogMembership extends ConversationViewer {
  /** The sequence of the log's newest event. */
  readonly head: number
  readonly member: boolean
}

/** A page of a timeline in ascending order of sequence, bounds excluded. */
export interface TimelineRequest {
  readonly conversationId: ConversationId
  readonly after?: number
  readonly before?: number
  /** Which end of what lies between the bounds. */
  readonly end: 'oldest' | 'newest'
  readonly limit: number
}

/**
 * How far all logs had come in one snapshot: what is committed later has a higher mark. Opaque; only this store's own
 * are understood, and only within one epoch.
 */
export type CommitMark = string

export interface InboxHead {
  readonly conversationId: ConversationId
  readonly head: number
  readonly joinedSequence: number
}

/** How far one snapshot shows all of a user's logs: up to its mark, and some of them further. */
export interface InboxMark {
  readonly userId: UserId
  readonly mark: CommitMark
  /**
   * The logs of which it shows what the mark does not cover, each with the newest sequence that the user may know: of those
   * that they have left, that of their leaving.
   */
  readonly ahead: readonly { readonly conversationId: ConversationId; readonly sequence: number }[]
}

export interface Inbox extends InboxMark {
  /** Every conversation that the user is a member of. */
  readonly conversations: readonly InboxHead[]
}

/** A user, and a mark of an earlier time. */
export interface InboxCheckpoint {
  readonly userId: UserId
  readonly since: CommitMark
}

export interface InboxChanges extends InboxCheckpoint {
  /** Of this snapshot. */
  readonly mark: CommitMark
  readonly changed: readonly InboxChange[]
}

/** A page of a search looks at a bounded number of rows: it may hold fewer than were asked for, even none, and go on. */
export interface MemberSearchPage {
  readonly memberships: readonly Membership[]
  /** Where the next page begins; undefined: there is none. */
  readonly after: number | undefined
}

/** After this user in the list of a search; the name is empty where it is the id that was found. */
export interface UserPlace {
  readonly displayName: string
  readonly id: UserId
}

/** As `MemberSearchPage`. */
export interface UserSearchPage {
  readonly users: readonly User[]
  readonly after: UserPlace | undefined
}

export interface InboxChange {
  readonly conversationId: ConversationId
  /** Everything that was committed after the mark has a greater sequence than this. */
  readonly after: number
}

/**
 * Reads of one snapshot. Every answer comes by an index, and costs what it holds: never more because a table or a
 * conversation has grown. Lists of ids may be of any length and order; rows that do not exist are left out.
 */
export interface StoreReader {
  users(ids: readonly UserId[]): Promise<readonly User[]>
  conversations(ids: readonly ConversationId[]): Promise<readonly Conversation[]>
  conversationByKey(key: string): Promise<Conversation | undefined>
  messages(ids: readonly MessageId[]): Promise<readonly Message[]>
  memberships(ids: readonly MembershipId[]): Promise<readonly Membership[]>
  /** Those that ended included. */
  membershipsOf(pairs: readonly ConversationViewer[]): Promise<readonly Membership[]>

  timeline(request: TimelineRequest): Promise<readonly Message[]>
  /** The newest message of each timeline. */
  lastMessages(conversationIds: readonly ConversationId[]): Promise<readonly Message[]>
  reactionSummaries(messageIds: readonly MessageId[]): Promise<readonly ReactionSummary[]>
  /** Of every emoji on each of these messages. */
  firstReactors(messageIds: readonly MessageId[]): Promise<readonly FirstReactors[]>
  /** Which emoji each of these users has put on the message. */
  reactionsOf(
    pairs: readonly { readonly messageId: MessageId; readonly userId: UserId }[],
  ): Promise<readonly ReactionKey[]>
  /** In the order in which they were made; `after` is the `sequence` of the last one before the page. */
  reactors(request: {
    readonly messageId: MessageId
    readonly emoji?: string
    readonly after?: number
    readonly limit: number
  }): Promise<readonly Reaction[]>

  /** Active memberships in the order of joining; `after` is the `joinedSequence` of the last one before the page. */
  members(request: {
    readonly conversationId: ConversationId
    readonly after?: number
    readonly limit: number
  }): Promise<readonly Membership[]>
  /** As `members`, those whose display name or id begins with `search`, in any case. */
  searchMembers(request: {
    readonly conversationId: ConversationId
    readonly search: string
    readonly after?: number
    readonly limit: number
  }): Promise<MemberSearchPage>
  /** Up to five active members of each conversation, without `exceptUserId`, the earliest first. */
  heroes(
    conversationIds: readonly ConversationId[],
    exceptUserId: UserId,
  ): Promise<readonly { readonly conversationId: ConversationId; readonly userId: UserId }[]>
  /**
   * The user's conversations, the latest activity first. Where the user has many it costs what lies between them by
   * activity, and never more than twice what the user is a member of.
   */
  conversationsOf(request: {
    readonly userId: UserId
    readonly kinds?: readonly ConversationKind[]
    readonly after?: { readonly lastActivityAt: number; readonly id: ConversationId }
    readonly limit: number
  }): Promise<readonly Conversation[]>
  /** Channels by name, then id. */
  channels(request: {
    /** The beginning of a name, in any case. */
    readonly search?: string
    readonly after?: { readonly name: string; readonly id: ConversationId }
    readonly limit: number
  }): Promise<readonly Conversation[]>
  /**
   * Users whose display name begins with `search`, in any case, by name, then id; after them those of whom only the id does,
   * by id.
   */
  searchUsers(request: {
    readonly search: string
    readonly after?: UserPlace
    readonly limit: number
  }): Promise<UserSearchPage>

  logPage(request: LogPageRequest): Promise<LogPage>
  /** All of one moment. Of conversations that do not exist there is none. */
  logMemberships(pairs: readonly ConversationViewer[]): Promise<readonly LogMembership[]>
  /** The last sequence of each log. */
  heads(
    conversationIds: readonly ConversationId[],
  ): Promise<readonly { readonly conversationId: ConversationId; readonly head: number }[]>
  /** How far all logs have come. */
  mark(): Promise<CommitMark>
  inboxMark(userId: UserId): Promise<InboxMark>
  /** One for each user, all of one moment. */
  inboxes(userIds: readonly UserId[]): Promise<readonly Inbox[]>
  /**
   * For each place, all of one moment: which of the user's logs, those that they left meanwhile included, have grown since its mark. Where one was joined
   * since, for the first time, `after` is the sequence before their MemberJoined. Places whose mark is none, or one of a
   * later time, are left out.
   */
  inboxesSince(places: readonly InboxCheckpoint[]): Promise<readonly InboxChanges[]>
}

export interface JoinsSince {
  readonly mark: CommitMark
  readonly joins: readonly { readonly conversationId: ConversationId; readonly userId: UserId }[]
}

export interface MessageConversation {
  readonly messageId: MessageId
  readonly conversationId: ConversationId
}

/** A reader whose answers all show the same moment. Disposing it gives its connection back; do it soon. */
export interface Snapshot extends StoreReader, AsyncDisposable {}

/**
 * Where everything durable lives. Failures of the engine come as a `Refusal` UNAVAILABLE with their cause: nothing was
 * done then.
 */
export interface MessageStore extends AsyncDisposable {
  /** A random id made with the database: positions of another epoch are worth nothing. */
  readonly epoch: string
  /** Each call a snapshot of its own, of no earlier moment than the call. */
  readonly latest: StoreReader
  /** The moment is that of the first read. */
  snapshot(): Promise<Snapshot>
  /** Batches that may be open at once. Where there are several, needs name the conversation of each message too. */
  readonly writers: number
  /**
   * Loads what all these commands need, with their conversations, direct pairs, keys and users locked until the batch
   * ends. What another writer holds is not waited for: commands that need it are deferred. With `wait` it is, for a quarter
   * of a second, and then the whole batch is deferred.
   */
  begin(needs: readonly Needs[], options?: { readonly wait?: boolean }): Promise<OpenBatch>
  /** Where these messages are, of those that exist: a message never moves. */
  conversationsOfMessages(ids: readonly MessageId[]): Promise<readonly MessageConversation[]>
  /**
   * Who has joined what by commits after the mark, and the mark of this moment. One may be told again.
   * Where they are more than `limit`, it is some of them.
   */
  joinsSince(mark: CommitMark, limit: number): Promise<JoinsSince>
  /** Erases up to `limit` rows that belong to deleted conversations; answers how many it erased. Not during a batch. */
  purge(limit: number): Promise<number>
  /** The one that shows the later moment; a text that is no mark wins, so that it is refused where it is used. */
  laterMark(one: CommitMark, other: CommitMark): CommitMark
  /** The epoch that is stored by now: where it is another one, this store has to be opened anew. */
  storedEpoch(): Promise<string>
  /** Makes a new epoch, unless another one is stored already. */
  renewEpoch(): Promise<void>
  /**
   * A random secret that everybody who opens these data shares, and nobody else knows: 32 bytes in base64url. It is made when
   * it is first asked for, and anew with a new epoch.
   */
  sharedSecret(): Promise<string>
  /** Rejects where the store does not answer. */
  ping(): Promise<void>
}
