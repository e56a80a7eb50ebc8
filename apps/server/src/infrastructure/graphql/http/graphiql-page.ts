import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

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

interface Page {
  readonly etag: string
  readonly plain: Buffer
  readonly zipped: Buffer
}

const load = async (): Promise<Page> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const plain = Buffer.from(renderGraphiQL({ title: 'CPC Messenger', defaultQuery }))
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`
  return { etag, plain, zipped: await promisify(gzip)(plain) }
}

/**
 * GraphiQL for a browser. The page brings all its parts with it and needs no network. They are large, so they are loaded
 * when first asked for, and their bytes are the same for all.
 */
export class GraphiQLPage {
  #page: Promise<Page> | undefined

  async answer({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= load()
    const { etag, plain, zipped } = await this.#page
    response.setHeader('Vary', 'Accept, Accept-Encoding')
    response.setHeader('ETag', etag)
    if (headers['if-none-match'] === etag) {
      response.writeHead(304).end()
      return
    }
    const takesZipped = /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    if (takesZipped) response.setHeader('Content-Encoding', 'gzip')
    response.end(takesZipped ? zipped : plain)
  }
}
