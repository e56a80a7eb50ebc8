import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { calmestTurnMs, maxTurnMs } from '../../clients/event-loop-turns.ts'
import { numbers } from '../../clients/filling.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const times = (count: number, text: (index: number) => string): string => numbers(count).map(text).join(' ')
const actors = (count: number): string => times(count, i => `a${i}: actor { id kind displayName avatarUrl metadata }`)
const events = (inner: string): string => `events(conversationId: "x") { events { ${inner} } }`

/** Each of these is another text for each number, so that none of them is cached. */
const documents: Readonly<Record<string, (number: number) => string>> = {
  'of 40 operations that spread one fragment on an interface': n =>
    `${times(40, i => `query q${n}x${i} { ${events('...f')} }`)} fragment f on ConversationEvent { ${actors(38)} }`,
  'of 20 operations that spread one fragment on an interface': n =>
    `${times(20, i => `query q${n}x${i} { ${events('...f')} }`)} fragment f on ConversationEvent { ${actors(38)} }`,
  'of one operation that spreads it': n =>
    `query q${n} { ${events('...f')} } fragment f on ConversationEvent { ${actors(80)} }`,
  'of one operation that spreads it in many places': n =>
    `query q${n} { ${times(40, i => `e${i}: ${events('...f')}`)} } fragment f on ConversationEvent { ${actors(20)} }`,
  'of 20 operations that spread fragments of fragments': n =>
    `${times(20, i => `query q${n}x${i} { ${events('...f0')} }`)}
      ${times(8, i => `fragment f${i} on ConversationEvent { ${i < 7 ? `...f${i + 1}` : ''} b${i}: actor { ...u } }`)}
      fragment u on User { id kind displayName avatarUrl metadata ${times(60, i => `m${i}: metadata`)} }`,
  'of 300 operations': n => times(300, i => `query q${n}x${i} { viewer { user { id } } }`),
  'of 20 operations about nodes': n =>
    `${times(20, i => `query q${n}x${i} { node(id: "x") { ...f } }`)}
      fragment f on Node { id ${times(90, i => `i${i}: id`)} }`,
}

const ask = async (query: string): Promise<void> => {
  await server.ask('ann', query)
}

describe('8 different documents at once', () => {
  it.for(Object.entries(documents))('%s are prepared in turns of less than 50 ms', async ([, document]) => {
    const longest = await calmestTurnMs(attempt =>
      Promise.all(numbers(8).map(index => ask(document(attempt * 100 + index)))),
    )
    expect(longest).toBeLessThan(maxTurnMs)
  })

  it('on one WebSocket too, and operations begin in the order in which they came', async () => {
    const conversation = await server.create('ann')
    const send = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'
    await server.send('ann', conversation, 'known from here on')
    const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
    const received: string[] = []
    ws.on('message', data => received.push(String(data)))
    const say = (message: object): void => ws.send(JSON.stringify(message))
    const until = (text: string) =>
      expect.poll(() => received.some(one => one.includes(text)), { timeout: 10_000 }).toBe(true)
    await new Promise(resolve => ws.once('open', resolve))
    say({ type: 'connection_init', payload: await server.headers('ann') })
    await until('connection_ack')
    const ask = (id: string, query: string, text = '') =>
      say({
        type: 'subscribe',
        id,
        payload: { query, variables: { input: { conversationId: conversation, content: { text: { text } } } } },
      })
    const heavy = documents['of one operation that spreads it'] ?? String
    const longest = await calmestTurnMs(async attempt => {
      for (const index of numbers(8)) ask(`${attempt} ${index}`, heavy(1000 + attempt * 100 + index))
      ask(`first ${attempt}`, `${send} # ${attempt}`, `first ${attempt}`)
      ask(`second ${attempt}`, send, `second ${attempt}`)
      await until(`"complete","id":"second ${attempt}"`)
      await until(`"complete","id":"first ${attempt}"`)
    })
    ws.terminate()
    expect(longest).toBeLessThan(maxTurnMs)
    const query =
      'query($id: ID!) { conversation(id: $id) { messages(last: 2) { edges { node { content { text } } } } } }'
    const edges = await server.read<unknown[]>('ann', query, { id: conversation }, 'conversation', 'messages', 'edges')
    expect(JSON.stringify(edges)).toMatch(/first \d.*second \d/)
  })
})
