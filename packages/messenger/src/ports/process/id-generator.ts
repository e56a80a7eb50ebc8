import type { AuditEntryId, ConversationId, MembershipId, MessageId } from '../../ids.ts'

/** Makes unique ids. Within one process each id is greater than the ones before, as text. */
export interface IdGenerator {
  conversationId(): ConversationId
  messageId(): MessageId
  membershipId(): MembershipId
  auditEntryId(): AuditEntryId
}
