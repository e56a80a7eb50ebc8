import type { ConversationId, UserId } from '@cpc-messenger/messenger'

/** What is said of one conversation. Typed ids hold nothing that means something in a subject. */
export const conversationSubject = (id: ConversationId): string => `messenger.conversation.${id}`

/** What is said to one user, whose id may hold dots and wildcards. */
export const userSubject = (id: UserId): string => `messenger.user.${Buffer.from(id).toString('base64url')}`
