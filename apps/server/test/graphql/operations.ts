const fields = `
  __typename
  ... on ConversationEvent { conversationId sequence actor { id } }
  ... on MessageCreated { message { id version content { text } author { id } reactions { emoji count viewerReacted } } }
  ... on MessageUpdated { message { id version content { text } } }
  ... on MessageDeleted { message { id version content { __typename text } } }
  ... on ReactionAdded { reaction { emoji user { id } } message { reactions { emoji count } } }
  ... on ReactionRemoved { reaction { emoji user { id } } }
  ... on MemberJoined { membership { id user { id } role } }
  ... on MemberLeft { user { id } reason }
  ... on StreamPosition { position sequence live epoch }
`

export const conversationEvents = `subscription($id: ID!, $after: Int, $epoch: ID) {
  conversationEvents(conversationId: $id, after: $after, epoch: $epoch) { ${fields} }
}`

export const reactionEvents = `subscription($id: ID!, $after: Int, $epoch: ID) {
  reactionEvents(messageId: $id, after: $after, epoch: $epoch) {
    __typename
    ... on ReactionAdded { sequence reaction { emoji user { id } } }
    ... on ReactionRemoved { sequence reaction { emoji } }
    ... on StreamPosition { position sequence live epoch }
  }
}`

export const inboxEvents = `subscription($after: [ConversationPosition!], $from: String, $epoch: ID) {
  inboxEvents(after: $after, from: $from, epoch: $epoch) { ${fields} }
}`
