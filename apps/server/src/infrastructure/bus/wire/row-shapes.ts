import type { EventRows, MembershipNotice } from '@cpc-messenger/messenger'
import { conversations } from '../../tables/conversations/conversations.ts'
import { events } from '../../tables/conversations/events.ts'
import { memberships } from '../../tables/conversations/memberships.ts'
import { conversationId, sequence, userId } from '../../tables/definition/codec.ts'
import { hasShape, isListOf } from '../../tables/definition/shape.ts'
import { messages } from '../../tables/messages/messages.ts'

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
