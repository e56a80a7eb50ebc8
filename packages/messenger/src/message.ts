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
  /** The sequence of the newest event about it: of two copies the one with the higher is kept. */
  readonly changedSequence: number
  /** Who sent it; for system content who caused it. */
  readonly authorId: UserId | null
  readonly content: MessageContent
  readonly metadata: Json
  readonly createdAt: Instant
  /** When it was last edited or deleted; null while it stands as it was sent. */
  readonly updatedAt: Instant | null
  readonly deletedAt: Instant | null
  /** 1 as sent, one more with each edit and with the deletion. */
  readonly version: number
  readonly clientMessageId: string | null
  /**
   * Of what was first sent under `clientMessageId`; its remainder once that is no longer what the message holds, so that what
   * was erased cannot be guessed from it. Null without a key, and where an earlier version deleted the message.
   */
  readonly sentFingerprint: number | null
  readonly replyToId: MessageId | null
}

/** An earlier version of a message, kept from its first edit or deletion on. */
export interface MessageRevision {
  readonly messageId: MessageId
  readonly version: number
  readonly content: MessageContent
  readonly editorId: UserId | null
  readonly createdAt: Instant
  readonly redactedAt: Instant | null
}

/** The message with other content: one version on, and marked as updated. */
export const updateContent = (message: Message, content: MessageContent, at: Instant): Message => ({
  ...message,
  content,
  updatedAt: at,
  version: message.version + 1,
  sentFingerprint: message.sentFingerprint === null ? null : remainderOf(message.sentFingerprint),
})

/** Whether this is a repeat of what made the message; where nothing is known of that, everything is. */
export const wasSentAs = ({ sentFingerprint, version }: Message, fingerprint: number): boolean =>
  sentFingerprint === null ||
  sentFingerprint === fingerprint ||
  (version > 1 && sentFingerprint === remainderOf(fingerprint))

/** The message with the marker in the place of its content. Deleting what is deleted changes nothing. */
export const markDeleted = (message: Message, at: Instant): Message =>
  message.deletedAt !== null
    ? message
    : { ...updateContent(message, deletedContent, at), deletedAt: at, metadata: null }

/** What stood before an edit or a deletion. */
export const revisionOf = (message: Message): MessageRevision => ({
  messageId: message.id,
  version: message.version,
  content: message.content,
  editorId: message.authorId,
  createdAt: message.updatedAt ?? message.createdAt,
  redactedAt: null,
})
