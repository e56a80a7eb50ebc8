import type { MessageContent } from './content.ts'
import { type ConversationId, everyone, type MessageId, parseUserId, type UserId } from './ids.ts'

export const mentionsPerMessage = 50
/** In conversations of up to this many members everyone may mention everyone. */
export const everyoneMentionMembers = 50

const mention = /<@([\x21-\x3b\x3d\x3f-\x7e]{1,128})>/g

/** That a message mentions a user, or everyone. The author's own name is not a mention. */
export interface Mention {
  readonly messageId: MessageId
  /** A user, or `everyone`. */
  readonly userId: UserId
  readonly conversationId: ConversationId
  /** Set for a reply that is only in its thread: it is counted there. */
  readonly threadRootId: MessageId | null
  /** The sequence of the event that added it: it is unread for those who have read less. */
  readonly sequence: number
  readonly authorId: UserId
}

export type MentionKey = Pick<Mention, 'messageId' | 'userId'>

/** Whom a content mentions, as stored. */
export const mentionedBy = (content: MessageContent, authorId: UserId | null): readonly UserId[] =>
  content.kind !== 'text'
    ? []
    : [...content.mentionIds.filter(id => id !== authorId), ...(content.mentionsEveryone ? [everyone] : [])]

export interface NamedInText {
  /** In order of first mention, each once. */
  readonly userIds: readonly UserId[]
  readonly everyone: boolean
}

export const namedInText = (text: string): NamedInText => {
  const userIds = new Set<UserId>()
  let namesEveryone = false
  if (!text.includes('<@')) return { userIds: [], everyone: false }
  for (const [, name] of text.matchAll(mention)) {
    if (name === undefined) continue
    if (name === everyone) {
      namesEveryone = true
      continue
    }
    const userId = parseUserId(name)
    if (userId !== undefined) userIds.add(userId)
  }
  return { userIds: [...userIds], everyone: namesEveryone }
}
