import {
  type Conversation,
  type ConversationReturn,
  everyone,
  type Mention,
  type UserId,
} from '@cpc-messenger/messenger'

/** To whose lists the conversation returns if they have archived it: those who are mentioned. */
export const returnsByMentions = (
  { id: conversationId }: Conversation,
  authorId: UserId,
  mentions: readonly Mention[] = [],
): readonly ConversationReturn[] => {
  if (mentions.length === 0) return []
  const userIds = mentions.map(({ userId }) => userId)
  return [{ conversationId, userIds: userIds.includes(everyone) ? 'everyone' : userIds, exceptUserId: authorId }]
}

/** A message returns a DIRECT conversation to the other member. */
export const returnsByMessage = (
  conversation: Conversation,
  authorId: UserId,
  mentions: readonly Mention[] = [],
): readonly ConversationReturn[] =>
  conversation.kind === 'DIRECT'
    ? [{ conversationId: conversation.id, userIds: 'everyone', exceptUserId: authorId }]
    : returnsByMentions(conversation, authorId, mentions)
