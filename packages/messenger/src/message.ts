import { deletedContent, type MessageContent } from './content.ts'
import { remainderOf } from './fingerprint.ts'
import type { ConversationId, MessageId, UserId } from './ids.ts'
import type { Instant } from './instant.ts'
import type { Json } from './json.ts'

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
}

/** The properties of a new message. Missing ones are null. */
export type NewMessage = Pick<Message, 'id' | 'conversationId' | 'authorId' | 'content' | 'createdAt'> &
  Partial<Omit<Message, 'sequence' | 'changedSequence' | 'updatedAt' | 'deletedAt' | 'version'>>

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
  version: 1,
  clientMessageId,
  sentFingerprint,
  replyToId,
})

/** An earlier version of a message, kept from its first edit or deletion on. */
export interface MessageRevision {
  readonly messageId: MessageId
  readonly version: number
  readonly content: MessageContent
  readonly editorId: UserId | null
  readonly createdAt: Instant
  readonly redactedAt: Instant | null
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
export const markDeleted = (message: Message, at: Instant): Message =>
  message.deletedAt !== null
    ? message
    : { ...updateContent(message, deletedContent, at), deletedAt: at, metadata: null }

/** The version before an edit or a deletion. */
export const revisionOf = (message: Message): MessageRevision => ({
  messageId: message.id,
  version: message.version,
  content: message.content,
  editorId: message.authorId,
  createdAt: message.updatedAt ?? message.createdAt,
  redactedAt: null,
})
