import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer } from '../../graphql/graphql-server.ts'
import { calmestTurnMs, maxTurnMs } from '../clients/event-loop-turns.ts'
import { numbers } from '../clients/filling.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const keys = (count: number): object => Object.fromEntries(numbers(count).map(index => [`f${index}`, 1]))
const fields = (count: number, value: string): string =>
  numbers(count)
    .map(index => `a${index}: ${value}`)
    .join(' ')

/** Wrong values of 50 KB to 900 KB for a type of each kind. */
const values: Readonly<Record<string, () => unknown>> = {
  'an object of many keys': () => keys(60_000),
  'an object of some keys': () => keys(5400),
  'a list of objects': () => numbers(200).map(() => keys(300)),
  'a list of many items': () => numbers(60_000).map(index => (index % 2 === 0 ? index : null)),
  'a long text': () => 'x'.repeat(900_000),
  'an object with a long text in it': () => ({ ...keys(300), text: 'x'.repeat(800_000) }),
  'an object with a long key': () => ({ ['k'.repeat(800_000)]: 1 }),
}

const variables = {
  'an input object': 'mutation($v: SendMessageInput!) { sendMessage(input: $v) { message { id } } }',
  'an enum': 'query($v: [ConversationKind!]) { conversations(filter: { kinds: $v }) { edges { cursor } } }',
  'an integer': 'query($v: Int) { conversations(first: $v) { edges { cursor } } }',
  'a boolean': 'query($v: Boolean!) { server @include(if: $v) { version } }',
  'an id': 'query($v: ID!) { conversation(id: $v) { id } }',
  'a list of ids': 'query($v: [ID!]!) { nodes(ids: $v) { id } }',
  'an instant, with a default': 'query($v: Int = 1) { conversations(first: $v) { edges { cursor } } }',
}

const documents: Readonly<Record<string, () => string>> = {
  'a long literal of an enum': () =>
    `{ conversations(filter: { kinds: "${'x'.repeat(800_000)}", ${fields(300, '1')} }) { edges { cursor } } }`,
  'long literals in an input object': () =>
    `mutation { sendMessage(input: { conversationId: "x", content: { ${fields(400, `"${'y'.repeat(1500)}"`)} } }) { message { id } } }`,
  'literals of nearly as much as a document may have': () =>
    `mutation { sendMessage(input: { conversationId: "x", content: { ${fields(400, `"${'y'.repeat(140)}"`)} } }) { message { id } } }`,
  'a long name': () => `{ ${'x'.repeat(900_000)} }`,
  'long names': () => `{ ${numbers(100).map(index => `${'x'.repeat(600)}${index}`)} }`,
  'a text that is not GraphQL': () => `{ server "${'x'.repeat(900_000)}" }`,
  'an operation that is not there': () => `query ${'x'.repeat(60_000)} { server { version } }`,
}

/** The answer in bytes. */
const ask = async (body: object): Promise<{ readonly bytes: number; readonly text: string }> => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { ...(await server.headers('ann')), 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { bytes: Buffer.byteLength(text), text }
}

const requireShort = ({ bytes, text }: { readonly bytes: number; readonly text: string }): void => {
  expect(text).toMatch(/"errors":|null/)
  expect(text).not.toContain('INTERNAL')
  expect(bytes).toBeLessThan(8000)
}

describe('a large mistake is answered by a few words, in turns of less than 50 ms', () => {
  const cases = Object.entries(variables).flatMap(([type, query]) =>
    Object.entries(values).map(([kind, value]) => [`${kind} for ${type}`, query, value] as const),
  )
  it.each(cases)('%s', async (_, query, value) => {
    const v = value()
    let answer = { bytes: 0, text: '' }
    // Another text each time, so that the first execution of a document is among them.
    const longest = await calmestTurnMs(async attempt => {
      answer = await ask({ query: `${query} # ${attempt}`, variables: { v } })
    })
    requireShort(answer)
    expect(longest).toBeLessThan(maxTurnMs)
  })

  it.each(Object.entries(documents))('%s', async (_, document) => {
    const query = document()
    let answer = { bytes: 0, text: '' }
    const longest = await calmestTurnMs(async attempt => {
      answer = await ask({ query: `${query} # ${attempt}`, operationName: 'missing' })
    })
    requireShort(answer)
    expect(longest).toBeLessThan(maxTurnMs)
  })

  it('positions of a subscription over a WebSocket', async () => {
    const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
    const received: string[] = []
    ws.on('message', data => received.push(String(data)))
    await new Promise(resolve => ws.once('open', resolve))
    ws.send(JSON.stringify({ type: 'connection_init', payload: await server.headers('ann') }))
    await expect.poll(() => received.some(one => one.includes('connection_ack'))).toBe(true)
    const good = { conversationId: 'conv_00000000000000000000000000', sequence: 1 }
    const query = 'subscription($a: [ConversationPosition!]) { inboxEvents(after: $a) { __typename } }'
    const longest = await calmestTurnMs(async attempt => {
      const id = String(attempt)
      ws.send(
        JSON.stringify({ type: 'subscribe', id, payload: { query, variables: { a: [good, keys(30_000), good] } } }),
      )
      while (!received.some(one => one.includes(`"id":"${id}"`))) await delay(2)
    })
    ws.terminate()
    const text = received.find(one => one.includes('"type":"error"')) ?? ''
    requireShort({ bytes: Buffer.byteLength(text), text: text.replace('"payload":', '"errors":') })
    expect(longest).toBeLessThan(maxTurnMs)
  })
})
