import type { ConversationId, IdempotencyKey } from '@cpc-messenger/messenger'
import { conversationId, text, userId } from './codec.ts'
import { defineTable, key } from './table.ts'

export type StoredIdempotencyKey = IdempotencyKey & { readonly conversationId: ConversationId }

export const idempotencyKeys = defineTable<StoredIdempotencyKey>()('idempotency_keys', {
  fields: { userId: key(userId), key: key(text), conversationId },
})
