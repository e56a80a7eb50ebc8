import {
  type ConversationId,
  type MessageId,
  notFound,
  parseConversationId,
  parseMessageId,
  parseStoredUserId,
  parseUserId,
  type UserId,
} from '@cpc-messenger/messenger'

// An id that is none, or one of another kind, has the answer of one that does not exist.

export const conversationIdOf = (text: string): ConversationId => {
  const id = parseConversationId(text)
  if (id === undefined) throw notFound('conversation')
  return id
}

export const messageIdOf = (text: string): MessageId => {
  const id = parseMessageId(text)
  if (id === undefined) throw notFound('message')
  return id
}

/** Of somebody who may come to be by it. */
export const userIdOf = (text: string): UserId => {
  const id = parseUserId(text)
  if (id === undefined) throw notFound('user')
  return id
}

/** Of somebody who is a member already. */
export const memberIdOf = (text: string): UserId => {
  const id = parseStoredUserId(text)
  if (id === undefined) throw notFound('member')
  return id
}
