import { describe, expect, it } from 'vitest'
import { RunningServer, tokenFor } from '../../../e2e/server/running-server.ts'
import { GraphQLTransport, PlainTransport } from '../../clients/transports.ts'

const attempts = 4
/** The pieces that such a frame is worked off in, and what a busy machine adds. They took 400 and 784 ms in one. */
const maxMs = 150
const idOf = (index: number): string => `conv_${String(index).padStart(26, '0')}`

const inboxAfter = 'subscription($after: [ConversationPosition!]) { inboxEvents(after: $after) { __typename } }'
const list = Array.from({ length: 12_000 }, (_, index) => ({ conversationId: idOf(index), sequence: index }))
const byId = Object.fromEntries(Array.from({ length: 24_000 }, (_, index) => [idOf(index), index]))

/** How long the server keeps someone waiting at the most while `work` goes on. */
const longestWait = async (server: RunningServer, work: Promise<unknown>): Promise<number> => {
  let [longest, over] = [0, false]
  const done = work.finally(() => {
    over = true
  })
  while (!over) {
    const begun = performance.now()
    await (await fetch(`${server.url}/healthz`)).text()
    longest = Math.max(longest, performance.now() - begun)
  }
  await done
  return longest
}

describe('ten frames with as many positions as a frame may hold, not even paced,', () => {
  it.each([
    [
      'over messenger.v1',
      async (url: string, token: string) => {
        const { transport } = await PlainTransport.open(url, token)
        return () => transport.ask({ type: 'SubscribeInbox', after: byId })
      },
    ],
    [
      'over graphql-transport-ws',
      async (url: string, token: string) => {
        const { transport } = await GraphQLTransport.open(url, token)
        return () => transport.ask(inboxAfter, { after: list })
      },
    ],
  ])('%s keep no one else waiting for long', async (_transport, open) => {
    await using server = await RunningServer.start()
    const ask = await open(server.url, await tokenFor('mallory'))
    const waits: number[] = []
    while (waits.length < attempts && Math.min(...waits) > maxMs)
      waits.push(await longestWait(server, Promise.all(Array.from({ length: 10 }, ask))))
    expect(Math.min(...waits)).toBeLessThanOrEqual(maxMs)
  })
})
