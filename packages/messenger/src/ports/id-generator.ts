import type { ConversationId, MembershipId, MessageId } from '../ids.ts'

/** Ids that nobody has had before, each later one greater as a text within one process. */
export interface IdGenerator {
  conversationId(): ConversationId
  messageId(): MessageId
  membershipId(): MembershipId
}
