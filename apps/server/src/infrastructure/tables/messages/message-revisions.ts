import type { ConversationId, MessageRevision } from '@cpc-messenger/messenger'
import { count, instant, messageId, nullable, userId, version } from '../definition/codec.ts'
import { defineTable, kept, key } from '../definition/table.ts'
import { content } from './content.ts'

export type RevisionInput = MessageRevision & { readonly conversationId: ConversationId }

export const messageRevisions = defineTable<MessageRevision, RevisionInput>()('message_revisions', {
  fields: {
    messageId: key(messageId),
    version: key(version),
    content,
    editorId: nullable(userId),
    createdAt: instant,
    redactedAt: nullable(instant),
    historyGeneration: kept(count),
  },
  added: { conversationId: kept({ of: revision => revision.conversationId }) },
})
