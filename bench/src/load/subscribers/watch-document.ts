/** Whether every subscriber gets the same result, or one that depends on the viewer; or signals of who types, or of markers. */
export type Selection = 'alike' | 'by viewer' | SignalSelection
export type SignalSelection = 'typing' | 'markers'

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
  typing: `subscription Watch($id: ID!) {
  conversationSignals(conversationId: $id, kinds: [TYPING]) {
    ... on TypingStarted { threadRootId user { id displayName } }
    ... on TypingStopped { threadRootId user { id displayName } }
  }
}`,
  markers: `subscription Watch($id: ID!) {
  conversationSignals(conversationId: $id, kinds: [READ_MARKERS]) {
    ... on ReadMarkerMoved { conversationId membership { user { id } readSequence deliveredSequence } }
  }
}`,
}

/** A message as a client shows it. */
export const watching = (selection: Selection, conversationId: string, after: number | undefined) => ({
  query: documents[selection],
  variables: { id: conversationId, ...(after === undefined ? {} : { after }) },
})
