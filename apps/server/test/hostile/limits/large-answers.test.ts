import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dig, GraphQLServer } from '../../graphql/graphql-server.ts'
import { calmestTurnMs, maxTurnMs } from '../clients/event-loop-turns.ts'
import { filledGroup, numbers } from '../clients/filling.ts'

const texts = { 'in ASCII': 'a "quoted" text, ', 'beyond ASCII': 'Grüße aus Łódź 🙂 ' }

let server: GraphQLServer
const rooms = new Map<string, string>()
beforeAll(async () => {
  server = await GraphQLServer.open({ limits: { textLength: 40_000 } })
  for (const [name, text] of Object.entries(texts))
    rooms.set(
      name,
      await filledGroup(server, 'ann', {
        messages: 100,
        text: index => `${index} ${text.repeat(30_000 / text.length)}`,
      }),
    )
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())

const query =
  'query($id: ID!) { conversation(id: $id) { messages(last: 100) { edges { node { content { text t: text } } } } } }'

const answerTo = async (id: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(server.url, { method: 'POST', headers }, response => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve(bytes))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(JSON.stringify({ query, variables: { id } }))
  })

describe('Five large answers at once', () => {
  it.for(Object.keys(texts))('leave the event loop its turns: %s', async name => {
    const headers = { 'content-type': 'application/json', ...(await server.headers('ann')) }
    const longest = await calmestTurnMs(async () => {
      const sizes = await Promise.all(numbers(5).map(() => answerTo(rooms.get(name) ?? '', headers)))
      expect(Math.min(...sizes)).toBeGreaterThan(6_000_000)
    })
    expect(longest).toBeLessThan(maxTurnMs)
  })
})

describe('A large answer', () => {
  it.for(Object.entries(texts))('is whole, to the last character: %s', async ([name, text]) => {
    const { data, errors } = await server.ask('ann', query, { id: rooms.get(name) })
    expect(errors).toBeUndefined()
    const edges = dig<readonly { node: { content: { text: string; t: string } } }[]>(data, [
      'conversation',
      'messages',
      'edges',
    ])
    const whole = new Set(numbers(100).map(index => `${index} ${text.repeat(30_000 / text.length)}`))
    expect(edges).toHaveLength(whole.size)
    for (const { node } of edges) {
      expect(node.content.t === node.content.text).toBe(true)
      expect(whole.delete(node.content.text)).toBe(true)
    }
  })
})
