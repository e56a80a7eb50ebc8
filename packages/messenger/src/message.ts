import { deletedContent, type MessageContent } from './content.ts'
import type { ConversationId, MessageId, UserId } from './ids.ts'
import { remainderOf } from './values/fingerprint.ts'
import type { Instant } from './values/instant.ts'
import type { Json } from './values/json.ts'

export interface Message {
  readonly id: MessageId
  readonly conversationId: ConversationId
  /** The sequence of its MessageCreated. */
  readonly sequence: number
  /** The sequence of the newest event about it. Of two copies of a message the one with the higher value is newer. */
  readonly changedSequence: number
  /** The user who sent it; for system content the user who caused it. */
  readonly authorId: UserId | null
  readonly content: MessageContent
  readonly metadata: Json
  readonly createdAt: Instant
  /** When it was last edited or deleted; null if it never was. */
  readonly updatedAt: Instant | null
  readonly deletedAt: Instant | null
  /** Its author, or the moderator who deleted it. */
  readonly deletedById: UserId | null
  /** 1 when sent; each edit and the deletion add 1. */
  readonly version: number
  readonly clientMessageId: string | null
  /**
   * The fingerprint of what was first sent with `clientMessageId`. Once that content is edited or deleted, only the remainder
   * is kept, so that erased content cannot be guessed from it. Null without a key, and if an earlier version of this program
   * deleted the message.
   */
  readonly sentFingerprint: number | null
  readonly replyToId: MessageId | null
  /** The message under which this one is a reply; null outside threads. A root is never a reply itself. */
  readonly threadRootId: MessageId | null
  /** A reply that is in the conversation's timeline too. */
  readonly alsoInConversation: boolean
  /**
   * The number of countable messages up to this one, deleted ones included: of the timeline, or of replies that are only in
   * its thread.
   */
  readonly ordinal: number
}

/** The properties of a new message. Missing ones are null. */
export type NewMessage = Pick<Message, 'id' | 'conversationId' | 'authorId' | 'content' | 'createdAt'> &
  Partial<
    Omit<Message, 'sequence' | 'changedSequence' | 'ordinal' | 'updatedAt' | 'deletedAt' | 'deletedById' | 'version'>
  >

/** A message before its event is numbered. */
export const newMessage = ({
  id,
  conversationId,
  authorId,
  content,
  metadata = null,
  createdAt,
  clientMessageId = null,
  sentFingerprint = null,
  replyToId = null,
  threadRootId = null,
  alsoInConversation = false,
}: NewMessage): Message => ({
  id,
  conversationId,
  sequence: 0,
  changedSequence: 0,
  authorId,
  content,
  metadata,
  createdAt,
  updatedAt: null,
  deletedAt: null,
  deletedById: null,
  version: 1,
  clientMessageId,
  sentFingerprint,
  replyToId,
  threadRootId,
  alsoInConversation,
  ordinal: 0,
})

/** Whether the message is in the timeline of its conversation. */
export const isInTimeline = ({ threadRootId, alsoInConversation }: Message): boolean =>
  threadRootId === null || alsoInConversation

/** Whether a new message can be unread: those of the server are not counted. */
export const isCountable = ({ content }: Message): boolean => content.kind !== 'system'

/** One version of a message. Earlier ones are stored from the first edit or deletion on. */
export interface MessageRevision {
  readonly messageId: MessageId
  readonly version: number
  readonly content: MessageContent
  /** The user who made this version: the author, or the moderator who deleted the message. */
  readonly editorId: UserId | null
  readonly createdAt: Instant
  /** When its content was redacted; null if it was not. */
  readonly redactedAt: Instant | null
  /** The `historyGeneration` of its conversation when it was stored. */
  readonly historyGeneration: number
}

/** The message with other content, the next version, and the time of the update. */
export const updateContent = (message: Message, content: MessageContent, at: Instant): Message => ({
  ...message,
  content,
  updatedAt: at,
  version: message.version + 1,
  sentFingerprint: message.sentFingerprint === null ? null : remainderOf(message.sentFingerprint),
})

/** Whether a command with this fingerprint repeats the command behind this message. Without a stored fingerprint, every command does. */
export const wasSentAs = ({ sentFingerprint, version }: Message, fingerprint: number): boolean =>
  sentFingerprint === null ||
  sentFingerprint === fingerprint ||
  (version > 1 && sentFingerprint === remainderOf(fingerprint))

/** The message with its content replaced by the marker. Deleting a deleted message changes nothing. */
export const markDeleted = (message: Message, deletedById: UserId, at: Instant): Message =>
  message.deletedAt !== null
    ? message
    : { ...updateContent(message, deletedContent, at), deletedAt: at, deletedById, metadata: null }

/** The current version of a message as a revision. An edit or a deletion stores it before it makes the next version. */
export const revisionOf = (message: Message, historyGeneration: number): MessageRevision => ({
  messageId: message.id,
  version: message.version,
  content: message.content,
  editorId: message.deletedById ?? message.authorId,
  createdAt: message.updatedAt ?? message.createdAt,
  redactedAt: null,
  historyGeneration,
})

/** The revision without its content. */
export const markRedacted = (revision: MessageRevision, at: Instant): MessageRevision => ({
  ...revision,
  content: deletedContent,
  redactedAt: at,
})
