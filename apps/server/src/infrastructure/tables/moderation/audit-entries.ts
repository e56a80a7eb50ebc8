import { type AuditEntry, auditActions } from '@cpc-messenger/messenger'
import { auditEntryId, conversationId, instant, messageId, nullable, oneOf, text, userId } from '../definition/codec.ts'
import { defineTable, kept, key, storedIn } from '../definition/table.ts'

/** Entries are only added. */
export const auditEntries = defineTable<AuditEntry>()('audit_entries', {
  fields: {
    id: key(auditEntryId),
    conversationId: kept(nullable(conversationId)),
    occurredAt: kept(instant),
    actorId: kept(nullable(userId)),
    action: kept(oneOf(auditActions)),
    subjectId: kept(nullable(userId)),
    messageId: kept(nullable(messageId)),
    reason: kept(nullable(text)),
    before: kept(storedIn('value_before', nullable(text))),
    after: kept(storedIn('value_after', nullable(text))),
  },
})
