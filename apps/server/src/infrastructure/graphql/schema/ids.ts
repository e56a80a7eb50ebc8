import {
  type ConversationId,
  type MessageId,
  notFound,
  parseConversationId,
  parseMessageId,
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

export const userIdOf = (text: string, what = 'user'): UserId => {
  const id = parseUserId(text)
  if (id === undefined) throw notFound(what)
  return id
}
