import { presenceChoices, type StoredPresence } from '@cpc-messenger/messenger'
import { instant, nullable, oneOf, text, userId } from '../definition/codec.ts'
import { defineTable, greatest, key } from '../definition/table.ts'

export const presences = defineTable<StoredPresence>()('presences', {
  fields: {
    userId: key(userId),
    choice: oneOf(presenceChoices),
    statusText: nullable(text),
    statusExpiresAt: nullable(instant),
    changedAt: instant,
    lastSeenAt: greatest(instant),
  },
})
