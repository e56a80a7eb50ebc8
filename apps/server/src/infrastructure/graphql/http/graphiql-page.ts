import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { parseWeightedList } from '../../http/header-grammar.ts'

const defaultQuery = `# Put a token under "Headers" below: { "Authorization": "Bearer …" }
# (npm run -s messenger -- token --user alice prints one), then choose one of these with the arrow.

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

mutation Edit($messageId: ID!) {
  updateMessage(input: { messageId: $messageId, content: { text: { text: "Hello, all" } }, expectedVersion: 1 }) {
    message { version content { text } }
  }
}

# Every version that is kept, the current one last. The conversation's historyVisibility says who may read them.
query History($messageId: ID!) {
  message(id: $messageId) {
    conversation { settings { historyVisibility } }
    revisions(first: 20) {
      edges { node { version content { text } editor { displayName } createdAt redactedAt } }
    }
  }
}

# Reply in the thread under a message, and read the thread.
mutation Reply($conversationId: ID!, $messageId: ID!) {
  sendMessage(input: { conversationId: $conversationId, threadRootId: $messageId, content: { text: { text: "In the thread" } } }) {
    message { id threadRoot { thread { replyCount } } }
  }
}

query Threads {
  viewer {
    threads(first: 10) {
      edges { node {
        root { content { text } }
        replyCount unreadCount unreadMentionCount
        messages(last: 5) { edges { node { author { displayName } content { text } } } }
      } }
    }
  }
}

query Badges {
  viewer { unreadConversationCount unreadMentionCount presenceChoice }
  conversations(first: 20) {
    edges { node { id name unreadCount unreadMentionCount viewerSettings { notifications archivedAt pinnedAt } } }
  }
}

# Who is there, who types, who has read what: the present state first, then each change.
subscription Signals($conversationId: ID!) {
  conversationSignals(conversationId: $conversationId) {
    __typename
    ... on PresenceChanged { user { displayName presence { status statusText lastSeenAt } } }
    ... on TypingStarted { user { displayName } }
    ... on TypingStopped { user { displayName } }
    ... on ReadMarkerMoved { membership { user { displayName } readSequence deliveredSequence } }
  }
}

mutation Status {
  setPresence(input: { status: AUTOMATIC, statusText: "Trying it out" }) { user { presence { status statusText } } }
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

interface EncodedPage {
  readonly etag: string
  readonly policy: string
  readonly plain: Buffer
  readonly zipped: Buffer
}

/** Runs first: deletes the headers, and the token in them, that older versions of the page kept in the browser's storage. */
const forgetHeaders = `<script>
for (const store of [localStorage, sessionStorage])
  for (const key of Object.keys(store))
    if (/^graphiql:/.test(key) && /bearer/i.test(store.getItem(key))) store.removeItem(key)
</script>`

const scriptForm = /<script>([\s\S]*?)<\/script>/g

/**
 * Allows only the page's own unchanged scripts, and connections to this server alone, so that a script in a name or a
 * description of the schema does not run. The editor creates styles and workers.
 */
const policyOf = (html: string): string => {
  const hashes = [...html.matchAll(scriptForm)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const load = async (): Promise<EncodedPage> => {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const rendered = renderGraphiQL({ title: 'CPC Messenger', defaultQuery, shouldPersistHeaders: false })
  const html = rendered.replace('<body', () => `${forgetHeaders}<body`)
  const plain = Buffer.from(html)
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`
  return { etag, policy: policyOf(html), plain, zipped: await promisify(gzip)(plain) }
}

const takesZipped = ({ headers }: IncomingMessage): boolean =>
  parseWeightedList(String(headers['accept-encoding'] ?? '')).some(
    ({ name, quality }) => name === 'gzip' && quality > 0,
  )

/** A proxy that compresses makes the tag weak. */
const isKnown = ({ headers }: IncomingMessage, etag: string): boolean =>
  (headers['if-none-match'] ?? '').split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)

/**
 * Serves GraphiQL to browsers. The page contains everything that it needs. It is large, so it is read at the first
 * request, and shared by all.
 */
export class GraphiQLPage {
  #page: Promise<EncodedPage> | undefined

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= load()
    const { etag, policy, plain, zipped } = await this.#page
    response.appendHeader('Vary', 'Accept, Accept-Encoding')
    response.setHeader('ETag', etag)
    response.setHeader('Cache-Control', 'no-cache')
    response.setHeader('Content-Security-Policy', policy)
    if (isKnown(request, etag)) {
      response.writeHead(304).end()
      return
    }
    const isZipped = takesZipped(request)
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    if (isZipped) response.setHeader('Content-Encoding', 'gzip')
    response.end(isZipped ? zipped : plain)
  }
}
