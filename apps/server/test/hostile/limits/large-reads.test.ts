import { request } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ConversationId } from '@cpc-messenger/messenger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commitMarkOf } from '../../../src/infrastructure/storage/reads/logs/commit-mark.ts'
import { userId } from '../../graphql/graphql-server.ts'
import { holdUsers } from '../clients/busy-readers.ts'
import { calmestTurnMs, collectGarbage, maxTurnMs } from '../clients/event-loop-turns.ts'
import { largeQueries } from '../clients/large-queries.ts'
import { inboxSize, type LargeServer, openLargeServer } from '../clients/large-server.ts'
import { MemoryWatch } from '../clients/memory-watch.ts'

let large: LargeServer
beforeAll(async () => {
  large = await openLargeServer()
}, 120_000)
afterAll(() => large[Symbol.asyncDispose]())

/** The size of an answer; it is not kept. */
const answerTo = async (
  query: string,
  variables: object,
): Promise<{ readonly bytes: number; readonly start: string }> => {
  const { server } = large
  const headers = {
    ...(await server.headers('ann')),
    'content-type': 'application/json',
    accept: 'application/graphql-response+json',
  }
  return new Promise((resolve, reject) => {
    const sent = request(server.url, { method: 'POST', headers }, response => {
      let [bytes, start] = [0, '']
      response.on('data', (chunk: Buffer) => {
        if (start.length < 200) start += chunk.toString('utf8', 0, 200)
        bytes += chunk.length
      })
      response.on('end', () => resolve({ bytes, start }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(JSON.stringify({ query, variables }))
  })
}

describe('of a group of 100,000 and a user with 20,000 conversations', () => {
  it.for(Object.entries(largeQueries))(
    '%s is answered in turns of less than 50 ms, with less than 64 MB',
    async ([, query]) => {
      const ask = async (): Promise<void> => {
        const { bytes, start } = await answerTo(query, { group: large.group, room: large.room })
        expect(start).toMatch(/^\{"data":/)
        expect(bytes).toBeLessThanOrEqual(8 * 2 ** 20)
      }
      expect(await calmestTurnMs(ask)).toBeLessThan(maxTurnMs)

      let grown = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < 3 && grown > 64 * 2 ** 20; attempt += 1) {
        collectGarbage()
        using memory = new MemoryWatch()
        await ask()
        grown = memory.grownBytes
      }
      expect(grown).toBeLessThanOrEqual(64 * 2 ** 20)
    },
  )
})

/** The positions of a client that was offline for a while: at the first event of each log, and so behind in each. */
const behindIn = (count: number): ReadonlyMap<ConversationId, number> =>
  new Map(large.conversations.slice(0, count).map(id => [id, 1]))

const starts = {
  'from now': () => ({}),
  'from before all of it': () => ({ from: commitMarkOf(0) }),
  'with a position in 12,000 of them, all behind': () => ({ after: behindIn(12_000) }),
}

describe('an inbox of 20,000 conversations', () => {
  it.for(Object.entries(starts))('is opened %s in turns of less than 50 ms', async ([, startOf]) => {
    const { subscriptionService } = large.server.dependencies
    const longest = await calmestTurnMs(async () => {
      const start = startOf()
      const stream = subscriptionService.open(userId('ann'), { streamReady: () => undefined })
      expect(await subscriptionService.followInbox(stream, start)).toBe(inboxSize)
      stream.close()
      // It lets go of its conversations in slices, a turn each: in fewer turns than these.
      for (let turn = 0; turn < 200; turn += 1) await nextTurn()
    })
    expect(longest).toBeLessThan(maxTurnMs)
  })
})

describe('one user with 40 heavy queries at a time', () => {
  it('leaves connections for reading to the others, and the server stays ready', async () => {
    const { server, room } = large
    // One token each: what a newer one says of its user is written.
    const [others, hers] = [await server.headers('m-1'), await server.headers('ann')]
    const ask = (query: string) => server.ask(undefined, query, { room }, others)
    const askHeavily = () => server.ask(undefined, heavy, { group: large.group }, hers)
    const small =
      'query($room: ID!) { conversation(id: $room) { memberCount messages(last: 5) { edges { node { id } } } } }'
    expect(await ask(small)).toMatchObject({ data: { conversation: { memberCount: 201 } } })
    const heavy = largeQueries['a page of members'] ?? ''
    await askHeavily()
    const asked: Promise<unknown>[] = []
    {
      // Over PostgreSQL each of them waits for this where it looks up users, for as long as it waits for a lock.
      await using _held = await holdUsers(server)
      asked.push(...Array.from({ length: 40 }, askHeavily))
      for (const answer of asked) answer.catch(() => undefined)
      for (let round = 0; round < 3; round += 1) {
        expect(await ask(small)).toMatchObject({ data: { conversation: { memberCount: 201 } } })
        await server.store.ping()
      }
    }
    const answers = await Promise.all(asked)
    expect(answers.at(-1)).toMatchObject({ data: { conversation: {} } })
  })
})
