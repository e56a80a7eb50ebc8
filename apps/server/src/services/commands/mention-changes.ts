import { type Conversation, isInTimeline, type Message, mentionedBy, type UserId } from '@cpc-messenger/messenger'
import type { Draft } from '../commit/draft.ts'

/**
 * What the content of a message changes in the stored mentions. A mention that was there before stays as it is; a new one counts from the
 * event that the command appends, which has to be its only one.
 */
export const mentionChanges = (
  before: Message | undefined,
  after: Message,
  { lastSequence }: Conversation,
): Pick<Draft, 'mentionsAdded' | 'mentionsRemoved'> => {
  const { id: messageId, conversationId, authorId } = after
  if (authorId === null) return {}
  const old = new Set(before === undefined ? [] : mentionedBy(before.content, authorId))
  const now = new Set(mentionedBy(after.content, authorId))
  if (old.size === 0 && now.size === 0) return {}
  const threadRootId = isInTimeline(after) ? null : after.threadRootId
  return {
    mentionsAdded: [...now.difference(old)].map(userId => ({
      messageId,
      userId,
      conversationId,
      threadRootId,
      sequence: lastSequence + 1,
      authorId,
    })),
    mentionsRemoved: [...old.difference(now)].map((userId: UserId) => ({ messageId, userId })),
  }
}
