import { type ConversationId, type Message, newMessage, type SystemContent } from '@cpc-messenger/messenger'
import type { DecisionContext } from '../commit/use-case.ts'

export type SystemChange = Pick<SystemContent, 'system' | 'before' | 'after'>

const sentence = ({ system, after }: SystemChange): string => {
  switch (system) {
    case 'CONVERSATION_CREATED':
      return after === null ? 'The conversation was created.' : `The conversation "${after}" was created.`
    case 'NAME_CHANGED':
      return after === null ? 'The name was removed.' : `The name was changed to "${after}".`
    case 'TOPIC_CHANGED':
      return after === null ? 'The topic was removed.' : `The topic was changed to "${after}".`
  }
}

/** A message in the timeline by which the server reports what the actor did. */
export const systemMessage = (
  change: SystemChange,
  conversationId: ConversationId,
  { actor, at, ids }: DecisionContext,
): Message =>
  newMessage({
    id: ids.messageId(),
    conversationId,
    authorId: actor.userId,
    content: { kind: 'system', ...change, text: sentence(change), subjectIds: [actor.userId] },
    createdAt: at,
  })
