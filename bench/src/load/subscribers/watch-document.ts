/** Whether every subscriber gets the same result, or one that depends on the viewer. */
export type Selection = 'alike' | 'by viewer'

const documentOf = (event: string, reactions: string): string => `subscription Watch($id: ID!, $after: Int) {
  conversationEvents(conversationId: $id, after: $after) {
    ... on ${event} {
      message { id sequence content { text } author { id displayName } reactions { ${reactions} } }
    }
  }
}`

const documents: Readonly<Record<Selection, string>> = {
  alike: documentOf('MessageCreated', 'emoji count'),
  'by viewer': documentOf('MessageUpdated', 'emoji count viewerReacted'),
}

/** A message as a client shows it. */
export const watching = (selection: Selection, conversationId: string, after: number | undefined) => ({
  query: documents[selection],
  variables: { id: conversationId, ...(after === undefined ? {} : { after }) },
})
