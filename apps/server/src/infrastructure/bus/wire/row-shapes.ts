import type { EventRows, MembershipNotice } from '@cpc-messenger/messenger'
import { conversationId, sequence, userId } from '../../tables/codec.ts'
import { conversations } from '../../tables/conversations.ts'
import { events } from '../../tables/events.ts'
import { memberships } from '../../tables/memberships.ts'
import { messages } from '../../tables/messages.ts'
import { hasShape, isListOf } from '../../tables/shape.ts'

export const isSequence = sequence.is
export const isEvent = events.is

export const isEventRows = hasShape<EventRows>({
  messages: isListOf(messages.is),
  memberships: isListOf(memberships.is),
  conversations: isListOf(conversations.is),
})

export const isNotice = hasShape<MembershipNotice>({
  userId: userId.is,
  conversationId: conversationId.is,
  sequence: sequence.is,
})
