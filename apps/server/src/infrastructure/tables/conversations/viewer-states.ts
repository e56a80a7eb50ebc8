import { notificationLevels, type ViewerState } from '@cpc-messenger/messenger'
import { conversationId, count, instant, nullable, oneOf, userId } from '../definition/codec.ts'
import { defineTable, greatest, key } from '../definition/table.ts'

/** What one user keeps of one conversation. It changes without events. */
export const viewerStates = defineTable<ViewerState>()('viewer_states', {
  fields: {
    conversationId: key(conversationId),
    userId: key(userId),
    readSequence: greatest(count),
    deliveredSequence: greatest(count),
    shownReadSequence: greatest(count),
    shownDeliveredSequence: greatest(count),
    markedUnreadFrom: nullable(count),
    notifications: oneOf(notificationLevels),
    archivedAt: nullable(instant),
    pinnedAt: nullable(instant),
  },
})
