import type { ConversationId, MessageId, UserId } from '@cpc-messenger/messenger'

/** Where a user can type: in a conversation, or in one of its threads. */
export interface TypingPlace {
  readonly conversationId: ConversationId
  readonly threadRootId: MessageId | null
}

/** One user in one place. */
export interface Typist extends TypingPlace {
  readonly userId: UserId
}

/** How long a user types without setting it again. */
export const typingMs = 6000

/** At most one signal in this time for each user and place. */
export const typingSignalMs = 2000
