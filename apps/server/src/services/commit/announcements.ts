import type { Announcement, ConversationId, LogEvent, MembershipNotice } from '@cpc-messenger/messenger'
import type { BatchRows } from './batch-rows.ts'

/** One announcement for each log that has grown, with the rows as they are at the end of the batch. */
export const announcementsOf = (events: readonly LogEvent[], rows: BatchRows): readonly Announcement[] =>
  [...Map.groupBy(events, event => event.conversationId)].map(([conversationId, ofLog]) => ({
    conversationId,
    events: ofLog,
    rows: rowsOf(conversationId, ofLog, rows),
  }))

const rowsOf = (conversationId: ConversationId, events: readonly LogEvent[], rows: BatchRows): Announcement['rows'] => {
  const isUpdated = events.some(event => event.type === 'ConversationUpdated')
  const messageIds = new Set(events.flatMap(event => ('messageId' in event ? [event.messageId] : [])))
  const userIds = new Set(events.flatMap(event => ('membershipId' in event ? [event.userId] : [])))
  return {
    conversations: isUpdated ? [rows.getConversation(conversationId)] : [],
    messages: Array.from(messageIds, id => rows.getMessage(id)),
    memberships: Array.from(userIds, id => rows.getMembership(conversationId, id)),
  }
}

/** One notice for each membership that began in the batch and is active at its end. */
export const noticesOf = (events: readonly LogEvent[], rows: BatchRows): readonly MembershipNotice[] =>
  events.flatMap(event => {
    if (event.type !== 'MemberJoined') return []
    const { conversationId, sequence } = event
    const { userId, joinedSequence, leftSequence } = rows.getMembership(conversationId, event.userId)
    return joinedSequence === sequence && leftSequence === null ? [{ userId, conversationId, sequence }] : []
  })
