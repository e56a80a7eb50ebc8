import { type LeaveReason, type Membership, roles } from '@cpc-messenger/messenger'
import { conversationId, instant, membershipId, nullable, oneOf, sequence, userId } from '../definition/codec.ts'
import { defineTable, kept, key } from '../definition/table.ts'

export const leaveReason = oneOf<LeaveReason>(['LEFT', 'REMOVED', 'BANNED'])

export const memberships = defineTable<Membership>()('memberships', {
  fields: {
    id: key(membershipId),
    conversationId: kept(conversationId),
    userId: kept(userId),
    role: oneOf(roles),
    joinedAt: instant,
    firstJoinedSequence: kept(sequence),
    joinedSequence: sequence,
    leftSequence: nullable(sequence),
    silencedUntil: nullable(instant),
    lastPostedAt: nullable(instant),
    leaveReason: nullable(leaveReason),
  },
})
