import {
  badInput,
  type Message,
  type MessageId,
  messageDeleted,
  type Reaction,
  type ReactionKey,
  reactionsPerMessage,
  requireEmoji,
  requireMayWrite,
} from '@cpc-messenger/messenger'
import type { BatchState } from '../commit/batch-state.ts'
import { changed, type UseCase, unchanged } from '../commit/use-case.ts'
import type { Actor } from '../identity/actor.ts'

interface ReactionInput {
  readonly messageId: MessageId
  readonly emoji: string
}

export interface AddedReaction {
  readonly reaction: Reaction
  readonly message: Message
}

export interface RemovedReaction {
  readonly removed: boolean
  readonly message: Message
}

const keyOf = ({ messageId, emoji }: ReactionInput, actor: Actor): ReactionKey => ({
  messageId,
  emoji,
  userId: actor.userId,
})

const needs = (input: ReactionInput, actor: Actor) => {
  requireEmoji(input.emoji)
  return { messages: [input.messageId], memberships: [actor.userId], reactions: [keyOf(input, actor)] }
}

/** The message that the actor may react to. */
const requireReactable = ({ messageId }: ReactionInput, actor: Actor, state: BatchState) => {
  const message = state.requireMessage(messageId, actor)
  const { membership } = state.requireMember(message.conversationId, actor)
  if (message.deletedAt !== null) throw messageDeleted()
  return { message, membership }
}

export const addReaction: UseCase<ReactionInput, AddedReaction> = {
  name: 'addReaction',
  needs,
  decide(input, { actor, state, at }) {
    const { messageId, emoji } = input
    const { message, membership } = requireReactable(input, actor, state)
    const { conversationId } = message
    const existing = state.findReaction(keyOf(input, actor))
    if (existing !== undefined) return unchanged(end => ({ reaction: existing, message: end.getMessage(messageId) }))
    requireMayWrite(membership, at)
    const emojiOn = state.emojiOn(messageId)
    if (!emojiOn.has(emoji) && emojiOn.size >= reactionsPerMessage)
      throw badInput('emoji', `A message can have at most ${reactionsPerMessage} different emoji.`)
    const reaction: Reaction = { conversationId, messageId, emoji, userId: actor.userId, createdAt: at, sequence: 0 }
    return changed(
      {
        reactionsAdded: [reaction],
        events: [
          {
            conversationId,
            body: { type: 'ReactionAdded', messageId, emoji, userId: actor.userId, reactedAt: at },
          },
        ],
      },
      end => ({ reaction: end.findReaction(reaction) ?? reaction, message: end.getMessage(messageId) }),
    )
  },
}

export const removeReaction: UseCase<ReactionInput, RemovedReaction> = {
  name: 'removeReaction',
  needs,
  decide(input, { actor, state }) {
    const { messageId, emoji } = input
    const { message } = requireReactable(input, actor, state)
    const { conversationId } = message
    const existing = state.findReaction(keyOf(input, actor))
    if (existing === undefined) return unchanged(end => ({ removed: false, message: end.getMessage(messageId) }))
    return changed(
      {
        reactionsRemoved: [existing],
        events: [
          {
            conversationId,
            body: { type: 'ReactionRemoved', messageId, emoji, userId: actor.userId, reactedAt: existing.createdAt },
          },
        ],
      },
      end => ({ removed: true, message: end.getMessage(messageId) }),
    )
  },
}
