import {
  type Conversation,
  everyone,
  isInTimeline,
  type Mention,
  type Message,
  mentionedBy,
  type UserId,
} from '@cpc-messenger/messenger'
import type { Draft } from '../commit/draft.ts'

type MentionChanges = Pick<Draft, 'mentionsAdded' | 'mentionsRemoved'>

/** The mentions of a new message, whose event has to be the only one of its command. */
export const mentionsOf = (message: Message, { lastSequence }: Conversation): readonly Mention[] => {
  const { id: messageId, conversationId, authorId, threadRootId } = message
  if (authorId === null) return []
  const place = isInTimeline(message) ? null : threadRootId
  return mentionedBy(message.content, authorId).map(userId => ({
    messageId,
    userId,
    conversationId,
    threadRootId: place,
    sequence: lastSequence + 1,
    authorId,
  }))
}

/**
 * What other content changes in the stored mentions. A user who stays mentioned, by name or as everyone, is not mentioned again: the
 * row of a name stays while everyone is mentioned, and a name that follows a mention of everyone takes its sequence.
 */
export const mentionChanges = (
  stored: readonly Mention[],
  after: Message,
  conversation: Conversation,
): MentionChanges => {
  const now = mentionsOf(after, conversation)
  if (stored.length === 0 && now.length === 0) return {}
  const named = new Set(now.map(({ userId }) => userId))
  const known = new Map<UserId, Mention>(stored.map(mention => [mention.userId, mention]))
  const ofAll = known.get(everyone)
  return {
    mentionsAdded: now
      .filter(({ userId }) => !known.has(userId))
      .map(mention => (ofAll === undefined ? mention : { ...mention, sequence: ofAll.sequence })),
    mentionsRemoved: stored.filter(({ userId }) => !named.has(userId) && !named.has(everyone)),
  }
}
