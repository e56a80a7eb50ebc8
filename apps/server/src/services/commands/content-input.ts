import {
  badInput,
  type Conversation,
  everyoneMentionMembers,
  isAtLeast,
  type Membership,
  mentionsPerMessage,
  namedInText,
  requireText,
  type TextContent,
  type TextFormat,
  type UserId,
} from '@cpc-messenger/messenger'
import type { BatchState } from '../commit/batch-state.ts'
import type { Limits } from '../commit/use-case.ts'

export interface TextInput {
  readonly text: string
  readonly format: TextFormat
}

const field = 'content.text.text'

/** Refuses a text that is not allowed in a message. */
export const requireMessageText = (input: TextInput, limits: Limits): TextInput => {
  requireText(input.text, { field, min: 1, max: limits.textLength })
  if (namedInText(input.text).userIds.length > mentionsPerMessage)
    throw badInput(field, `A message may mention at most ${mentionsPerMessage} people.`)
  return input
}

/** Users whose memberships are loaded to decide which ids in the text are mentions. */
export const namedUsers = (input: TextInput): readonly UserId[] =>
  namedInText(input.text).userIds.slice(0, mentionsPerMessage)

export const textContent = (
  input: TextInput,
  conversation: Conversation,
  author: Membership,
  state: BatchState,
): TextContent => {
  const named = namedInText(input.text)
  const mayNameEveryone = isAtLeast(author.role, 'MODERATOR') || conversation.memberCount <= everyoneMentionMembers
  return {
    kind: 'text',
    text: input.text,
    format: input.format,
    mentionIds: named.userIds.filter(userId => state.isMember(conversation.id, userId)),
    mentionsEveryone: named.everyone && mayNameEveryone,
  }
}
