/** What a client of a chat asks of its messages, events, members and conversations. */
export const ofMessage = `id sequence changedSequence version createdAt updatedAt deletedAt clientMessageId metadata
  author { id displayName avatarUrl kind }
  content { __typename text mentions { id displayName } ... on TextContent { format }
    ... on SystemContent { kind before after subjects { id displayName } } }
  replyTo { id author { id displayName } content { text } }
  reactions { emoji count viewerReacted users { id displayName } }`

const fragments = `fragment M on Message { ${ofMessage} }`

export const ofEvent = `__typename conversationId sequence occurredAt actor { id displayName }
  ... on MessageCreated { message { ...M } }
  ... on MessageUpdated { message { ...M } }
  ... on MessageDeleted { message { ...M } }
  ... on ReactionAdded { reaction { emoji user { id displayName } } message { id } }
  ... on ReactionRemoved { reaction { emoji user { id displayName } } message { id } }
  ... on ConversationUpdated { conversation { id name topic } }
  ... on MemberJoined { membership { id role user { id displayName } } }
  ... on MemberUpdated { membership { id role silencedUntil user { id displayName } } }
  ... on MemberLeft { user { id displayName } reason }`

export const ofConversation = `id kind name topic createdAt updatedAt lastActivityAt lastSequence memberCount metadata
  settings { historyVisibility postingRole }
  heroes { id displayName avatarUrl }
  viewerMembership { id role joinedAt }
  lastMessage { ...M }
  members(first: 5) { edges { node { id role user { id displayName } } } pageInfo { hasNextPage } }`

export const eventsQuery = `query($id: ID!, $after: Int!, $first: Int!) {
  events(conversationId: $id, after: $after, first: $first) { events { ${ofEvent} } hasMore }
} ${fragments}`

export const messagesQuery = `query($id: ID!, $last: Int!, $before: String) {
  conversation(id: $id) { lastSequence messages(last: $last, before: $before) {
    edges { cursor node { ...M } } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } }
} ${fragments}`

export const membersQuery = `query($id: ID!, $first: Int!) {
  conversation(id: $id) { memberCount members(first: $first) {
    edges { cursor node { id role joinedAt silencedUntil user { id displayName avatarUrl kind metadata } } }
    pageInfo { hasNextPage endCursor } } }
}`

export const conversationsQuery = `query($first: Int!) {
  viewer { user { id displayName } inboxPosition }
  conversations(first: $first) { edges { cursor node { ${ofConversation} } } pageInfo { hasNextPage endCursor } }
} ${fragments}`

/** A client that shows what is replied to in full asks for each message twice. */
const shown = `id sequence createdAt author { id displayName }
  content { text mentions { id displayName } } reactions { emoji count users { id displayName } }`
const rich = `fragment M on Message { ${shown} replyTo { ${shown} } }`
const quoting = 'replyTo { id author { id displayName } content { text mentions { id displayName } } }'

export const richEventsQuery = `query($id: ID!, $after: Int!, $first: Int!) {
  events(conversationId: $id, after: $after, first: $first) { events { ${ofEvent} } hasMore }
} ${rich}`

export const richConversationsQuery = `query($first: Int!) {
  conversations(first: $first) { edges { cursor node { id name viewerMembership { id role } lastMessage { ...M }
    messages(last: 20) { edges { node { ...M } } pageInfo { hasPreviousPage } } } } pageInfo { hasNextPage endCursor } }
} fragment M on Message { ${shown} ${quoting} }`

export const moreMessagesQuery = `query($first: Int!) {
  conversations(first: $first) { edges { cursor node { id name viewerMembership { id role } lastMessage { ...M }
    messages(last: 30) { edges { node { ...M } } pageInfo { hasPreviousPage } } } } pageInfo { hasNextPage endCursor } }
} fragment M on Message { id sequence author { id displayName } content { text mentions { id } } reactions { emoji count }
  replyTo { id author { id displayName } content { text } } }`

export const reactorsQuery = `query($id: ID!, $last: Int!) {
  conversation(id: $id) { messages(last: $last) { edges { node { id
    reactors(first: 100) { edges { node { emoji user { id displayName } } } pageInfo { hasNextPage } } } } } }
}`
