const document = `subscription Watch($id: ID!) {
  conversationEvents(conversationId: $id) {
    ... on MessageCreated {
      message { id sequence content { text } author { id displayName } reactions { emoji count } }
    }
  }
}`

/** A message as a client shows it; nothing in it depends on who looks. */
export const watching = (conversationId: string) => ({ query: document, variables: { id: conversationId } })
