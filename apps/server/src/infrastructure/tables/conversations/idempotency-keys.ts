import type { StoredIdempotencyKey } from '@cpc-messenger/messenger'
import { conversationId, text, userId } from '../definition/codec.ts'
import { defineTable, key } from '../definition/table.ts'

export const idempotencyKeys = defineTable<StoredIdempotencyKey>()('idempotency_keys', {
  fields: { userId: key(userId), key: key(text), conversationId },
})
