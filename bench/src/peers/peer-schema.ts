import { authorOf, reactionsTo } from './memory-messages.ts'

/** As much of our schema as the subscribers' document asks for. */
export const typeDefs = `
  type Query { ready: Boolean! }
  type Subscription { conversationEvents(conversationId: ID!, after: Int): StreamItem! }
  union StreamItem = MessageCreated | MessageDeleted
  type MessageCreated { message: Message! }
  type MessageDeleted { message: Message! }
  type Message { id: ID! sequence: Int! content: Content! author: User reactions: [ReactionSummary!]! }
  type Content { text: String! }
  type User { id: ID! displayName: String! }
  type ReactionSummary { emoji: String! count: Int! }
`

/** Whatever has a message made for it is a `MessageCreated`. */
export const resolvers = {
  Query: { ready: () => true },
  StreamItem: { __resolveType: () => 'MessageCreated' },
  Message: { author: authorOf, reactions: reactionsTo },
}
