import {
  badInput,
  type Conversation,
  everyoneMentionMembers,
  isAtLeast,
  type Membership,
  mentionsPerMessage,
  type NamedInText,
  namedInText,
  requireText,
  type TextContent,
  type TextFormat,
  type UserId,
} from '@cpc-messenger/messenger'
import type { BatchState } from '../commit/batch-state.ts'
import type { Limits } from '../commit/use-case.ts'
import { textOutsideCode } from './visible-text.ts'

export interface TextInput {
  readonly text: string
  readonly format: TextFormat
}

const field = 'content.text.text'

/** Whom each input names: a command asks for it twice. */
const named = new WeakMap<TextInput, NamedInText>()

const namedBy = (input: TextInput): NamedInText => {
  if (!input.text.includes('<@')) return nothingNamed
  const known = named.get(input)
  if (known !== undefined) return known
  const found = namedInText(textOutsideCode(input.text, input.format))
  named.set(input, found)
  return found
}

const nothingNamed: NamedInText = { userIds: [], everyone: false }

/** Refuses a text that is not allowed in a message. */
export const requireMessageText = (input: TextInput, limits: Limits): TextInput => {
  requireText(input.text, { field, min: 1, max: limits.textLength })
  if (namedBy(input).userIds.length > mentionsPerMessage)
    throw badInput(field, `A message may mention at most ${mentionsPerMessage} people.`)
  return input
}

/** Users whose memberships are loaded to decide which ids in the text are mentions. */
export const namedUsers = (input: TextInput): readonly UserId[] => namedBy(input).userIds.slice(0, mentionsPerMessage)

export const textContent = (
  input: TextInput,
  conversation: Conversation,
  author: Membership,
  state: BatchState,
): TextContent => {
  const { userIds, everyone } = namedBy(input)
  const mayNameEveryone = isAtLeast(author.role, 'MODERATOR') || conversation.memberCount <= everyoneMentionMembers
  return {
    kind: 'text',
    text: input.text,
    format: input.format,
    mentionIds: userIds.filter(userId => state.isMember(conversation.id, userId)),
    mentionsEveryone: everyone && mayNameEveryone,
  }
}
