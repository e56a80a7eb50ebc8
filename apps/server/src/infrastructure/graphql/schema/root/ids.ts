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

// A malformed id, or one of another type, gives the same error as an id that does not exist.

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

/** The user may not exist yet. */
export const userIdOf = (text: string): UserId => {
  const id = parseUserId(text)
  if (id === undefined) throw notFound('user')
  return id
}

/** The user is a member already. */
export const memberIdOf = (text: string): UserId => {
  const id = parseStoredUserId(text)
  if (id === undefined) throw notFound('member')
  return id
}
