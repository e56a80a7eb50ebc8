import { authorOf, reactionsTo } from './memory-messages.ts'

/** The part of our schema that the subscribers' document selects. */
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

/** Every event of these servers is a `MessageCreated`. */
export const resolvers = {
  Query: { ready: () => true },
  StreamItem: { __resolveType: () => 'MessageCreated' },
  Message: { author: authorOf, reactions: reactionsTo },
}
