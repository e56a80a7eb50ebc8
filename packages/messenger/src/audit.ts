import type { AuditEntryId, ConversationId, MessageId, UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'

export const auditActions = [
  'CONVERSATION_CREATED',
  'CONVERSATION_UPDATED',
  'MEMBER_ADDED',
  'MEMBER_REMOVED',
  'MEMBER_BANNED',
  'MEMBER_UNBANNED',
  'MEMBER_SILENCED',
  'ROLE_CHANGED',
  'MESSAGE_DELETED',
  'REVISION_REDACTED',
  'REPORT_RESOLVED',
  'CONVERSATION_DELETED',
  'USER_DEACTIVATED',
  'USER_REACTIVATED',
  'USER_SIGNED_OUT',
  'USER_ERASED',
] as const
export type AuditAction = (typeof auditActions)[number]

/**
 * One act of moderation or administration, written in the same transaction as the act. Entries never change. Those of a
 * conversation are erased with it, except the one of its deletion.
 */
export interface AuditEntry {
  readonly id: AuditEntryId
  /** Null for acts on users of the server, and for acts that only its administrators may see. */
  readonly conversationId: ConversationId | null
  readonly occurredAt: Instant
  /** Null if the server or its operator did it. */
  readonly actorId: UserId | null
  readonly action: AuditAction
  /** The user it was done to; the author, if it was done to a message. */
  readonly subjectId: UserId | null
  readonly messageId: MessageId | null
  /** The reason that the actor gave. */
  readonly reason: string | null
  /** A role, an instant as text, or settings as JSON. Never a name or a text that a user wrote. */
  readonly before: string | null
  readonly after: string | null
}

/** The longest reason of an act, in characters. */
export const maxReasonLength = 1000
