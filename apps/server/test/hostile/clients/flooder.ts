import { setPriority } from 'node:os'
import { eventsQuery, messagesQuery } from './selections.ts'
import { GraphQLTransport, HttpTransport, PlainTransport } from './transports.ts'

/**
 * One user who asks at full speed on every transport after a line `flood`, and rests after a line `rest`, with how often it has
 * asked, once every page that it asked for is there. With `sends` it sends, subscribes and connects, and most of that is refused;
 * with `reads` it asks for the largest pages of messages and events, 8 at once, all of which it may.
 */
const [url = '', token = '', conversationId = '', kind = 'sends'] = process.argv.slice(2)

// On two cores it would take the server's own CPU time, which a client elsewhere cannot.
setPriority(19)

const send = `mutation($id: ID!) { sendMessage(input: { conversationId: $id, content: { text: { text: "flood" } } }) { message { id } } }`
const inbox = 'subscription { inboxEvents { __typename } }'
const variables = { id: conversationId }

let flooding = Promise.withResolvers<void>()
let on = false
let asked = 0
let pagesAwaited = 0

const tellIfResting = (): void => {
  if (!on && pagesAwaited === 0) process.stdout.write(`${asked}\n`)
}

process.stdin.setEncoding('utf8').on('data', text => {
  const line = String(text).trim().split('\n').at(-1)
  if (line === 'flood') {
    on = true
    flooding.resolve()
    return
  }
  if (on) flooding = Promise.withResolvers()
  on = false
  tellIfResting()
})

/** Repeats it for ever, after errors too. */
const repeat = async (once: () => Promise<unknown>): Promise<never> => {
  for (;;) {
    if (!on) await flooding.promise
    asked += 1
    await once().catch(() => undefined)
    // Even what fails at once leaves the loop its turns.
    await new Promise(resolve => setImmediate(resolve))
  }
}

const http = new HttpTransport(url, token)
let graphql: GraphQLTransport | undefined
let plain: PlainTransport | undefined

const overGraphQL = async (): Promise<void> => {
  if (graphql === undefined || graphql.socket.readyState !== graphql.socket.OPEN)
    graphql = (await GraphQLTransport.open(url, token)).transport
  await Promise.all(Array.from({ length: 20 }, () => graphql?.ask(send, variables)))
}

const overPlain = async (): Promise<void> => {
  if (plain === undefined || plain.socket.readyState !== plain.socket.OPEN)
    plain = (await PlainTransport.open(url, token)).transport
  await Promise.all(Array.from({ length: 20 }, () => plain?.ask({ type: 'SubscribeInbox' })))
}

const sendAll = (): void => {
  for (let lane = 0; lane < 16; lane += 1) void repeat(() => http.ask(send, variables))
  for (let lane = 0; lane < 4; lane += 1) {
    void repeat(() => http.ask(inbox, {}, 'text/event-stream'))
    void repeat(async () => (await GraphQLTransport.open(url, token)).transport.cut())
    void repeat(async () => (await PlainTransport.open(url, token)).transport.cut())
  }
  void repeat(overGraphQL)
  void repeat(overPlain)
}

const pages = [
  { query: messagesQuery, variables: { id: conversationId, last: 100 } },
  { query: eventsQuery, variables: { id: conversationId, after: 0, first: 1000 } },
]

/** Until it is there. */
const askPage = async (ask: () => Promise<unknown>): Promise<void> => {
  pagesAwaited += 1
  await ask().catch(() => undefined)
  pagesAwaited -= 1
  tellIfResting()
}

const readAll = async (): Promise<void> => {
  const { transport } = await GraphQLTransport.open(url, token)
  for (const page of [...pages, ...pages]) {
    void repeat(() => askPage(() => http.ask(page.query, page.variables)))
    void repeat(() => askPage(() => transport.ask(page.query, page.variables)))
  }
}

if (kind === 'reads') await readAll()
else sendAll()
process.stdout.write('ready\n')
