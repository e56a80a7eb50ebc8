import type { GraphiQLOptions } from 'graphql-yoga'

const defaultQuery = `# Put a token under "Headers" below: { "Authorization": "Bearer …" }
# (messenger token --user alice prints one), then choose one of these with the arrow.

query Conversations {
  viewer {
    user { id displayName }
    inboxPosition
  }
  conversations(first: 20) {
    edges { node { id kind name lastSequence lastMessage { content { text } } } }
  }
}

mutation Create {
  createConversation(input: { kind: GROUP, name: "First steps" }) {
    conversation { id lastSequence }
  }
}

mutation Send($conversationId: ID!) {
  sendMessage(input: { conversationId: $conversationId, content: { text: { text: "Hello" } } }) {
    message { id sequence content { text } }
  }
}

# Runs until it is stopped: send something in another tab meanwhile.
subscription Inbox {
  inboxEvents {
    __typename
    ... on ConversationEvent { conversationId sequence actor { displayName } }
    ... on MessageCreated { message { content { text } } }
    ... on StreamPosition { position live }
  }
}
`

let page: Promise<string> | undefined

/** The page brings all its parts with it: it needs no network. They are large, so they are loaded when first asked for. */
const render = (options?: GraphiQLOptions): Promise<string> => {
  page ??= import('@graphql-yoga/render-graphiql').then(({ renderGraphiQL }) => renderGraphiQL(options))
  return page
}

const options: GraphiQLOptions = { title: 'CPC Messenger', defaultQuery }

export const graphiqlPage = { options, render }
