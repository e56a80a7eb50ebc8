import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../seeded.ts'
import { Deployment } from '../../support/deployment.ts'
import { until } from '../../support/until.ts'
import { ask } from '../server/graphql-request.ts'
import { tokenFor } from '../server/running-server.ts'
import { Device } from './device.ts'
import { comparable, freshThreads } from './device-threads.ts'
import { listQuery, type OwnState, presenceQuery } from './own-state.ts'
import { RandomReaders } from './random-readers.ts'

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
const commandCount = Number(process.env.COMMANDS ?? 400)
const shortRounds = 12
const commandsInShortRound = 5
const names = ['alice', 'bob', 'carol'] as const

const createMutation = `mutation ($input: CreateConversationInput!) {
  createConversation(input: $input) { conversation { id } } }`
const pinMutation = `mutation ($input: UpdateViewerSettingsInput!) {
  updateViewerSettings(input: $input) { conversation { id } } }`
const badgesQuery = '{ viewer { unreadConversationCount unreadMentionCount } }'

interface Badges {
  readonly viewer: { readonly unreadConversationCount: number; readonly unreadMentionCount: number }
}

/** What the server says now. */
const freshOf = async (device: Device): Promise<ReadonlyMap<string, OwnState>> => {
  const { conversations } = await device.ask<{
    conversations: { readonly edges: readonly { readonly node: OwnState }[] }
  }>(listQuery)
  return new Map(conversations.edges.map(({ node }) => [node.id, node]))
}

interface Difference {
  readonly id: string
  readonly kept: unknown
  readonly fresh: unknown
}

const differencesOf = (
  kept: ReadonlyMap<string, unknown>,
  fresh: ReadonlyMap<string, unknown>,
): readonly Difference[] =>
  [...new Set([...kept.keys(), ...fresh.keys()])]
    .map(id => ({ id, kept: kept.get(id), fresh: fresh.get(id) }))
    .filter(difference => !isDeepStrictEqual(difference.kept, difference.fresh))

/** A user's own presence comes with what is private to them. */
const othersOf = (name: string): readonly string[] => names.filter(other => other !== name)

const freshThreadsOf = async (device: Device) =>
  new Map(
    (await freshThreads((query, variables) => device.ask(query, variables))).map(thread => [
      thread.root.id,
      comparable(thread),
    ]),
  )

const freshPresencesOf = async (device: Device): Promise<ReadonlyMap<string, unknown>> => {
  const { nodes } = await device.ask<{ nodes: readonly { readonly id: string; readonly presence: unknown }[] }>(
    presenceQuery,
    { ids: othersOf(device.userId) },
  )
  return new Map(nodes.map(({ id, presence }) => [id, presence]))
}

const isUnread = ({ unreadCount, unreadMentionCount, viewerSettings }: OwnState): boolean =>
  (unreadCount > 0 || unreadMentionCount > 0) &&
  viewerSettings?.archivedAt === null &&
  viewerSettings.notifications !== 'NONE'

const badgesOf = ({ states, threads }: Device): Badges['viewer'] => ({
  unreadConversationCount: [...states.values()].filter(isUnread).length,
  unreadMentionCount: [...states.values(), ...threads.states.values()].reduce(
    (sum, { unreadMentionCount }) => sum + unreadMentionCount,
    0,
  ),
})

describe('devices that hold counts, markers, settings, threads and presence', () => {
  it(`end equal to a fresh query by applying events and signals (SEED=${seed})`, async () => {
    console.log(`SEED=${seed}`)
    const random = seeded(seed)
    await using server = await Deployment.start()
    const tokens = new Map<string, string>()
    for (const name of names) tokens.set(name, await tokenFor(name))
    const create = async (input: object): Promise<string> => {
      const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
        server.url,
        tokens.get('alice'),
        createMutation,
        { input },
      )
      return createConversation.conversation.id
    }
    const group = await create({ kind: 'GROUP', name: 'group', memberIds: ['bob', 'carol'] })
    const direct = await create({ kind: 'DIRECT', memberIds: ['bob'] })
    const channel = await create({ kind: 'CHANNEL', name: 'channel', memberIds: ['bob', 'carol'] })
    const places = [group, direct, channel].map(id => ({ id, isChannel: id === channel }))
    const commands = new RandomReaders(server, places, tokens, random)

    await using devices = new AsyncDisposableStack()
    const all = names.flatMap(name =>
      [1, 2].map(() => devices.use(new Device(server, name, tokens.get(name) ?? '', othersOf(name)))),
    )
    let probes = 0
    const connect = (device: Device): Promise<void> =>
      device.connect(async () => {
        probes += 1
        await device.ask(pinMutation, { input: { conversationId: group, pinned: probes % 2 === 0 } })
      })
    for (const device of all) await connect(device)

    const work = async (from: number, to: number): Promise<void> => {
      let next = from
      const worker = async (): Promise<void> => {
        while (next < to) await commands.run(next++)
      }
      await Promise.all(Array.from({ length: 4 }, worker))
    }
    const equalWithin = async (device: Device): Promise<void> => {
      let seen: readonly unknown[] = []
      await until(
        async () => {
          const fresh = await freshOf(device)
          const threads = await freshThreadsOf(device)
          const presences = await freshPresencesOf(device)
          seen = [
            ...differencesOf(device.states, fresh),
            ...differencesOf(device.threads.states, threads),
            ...differencesOf(device.presences, presences),
          ]
          return seen.length === 0
        },
        () =>
          `a device of ${device.userId} is equal: ${JSON.stringify(seen)}, failures ${JSON.stringify(device.failures)}`,
      )
    }
    const third = Math.ceil(commandCount / 3)
    for (let round = 0; round < 3; round += 1) {
      const [first, second] = [all[round], all[5 - round]]
      await second?.disconnect()
      await work(round * third, (round + 1) * third)
      if (second !== undefined) await connect(second)
      await work(commandCount + round * 40, commandCount + (round + 1) * 40)
      for (const device of all) await equalWithin(device)
      expect(first?.states.size).toBeGreaterThan(0)
    }
    // After many commands, a missing signal is made good by the next event or signal; after a few it is not.
    for (let round = 0; round < shortRounds; round += 1) {
      const from = 2 * commandCount + round * commandsInShortRound
      await work(from, from + commandsInShortRound)
      await Promise.all(all.map(equalWithin))
    }

    for (const device of all) {
      let seen: readonly unknown[] = []
      // A marker that another node still gathers may move between two questions.
      await until(
        async () => {
          const { viewer } = await device.ask<Badges>(badgesQuery)
          seen = [viewer, badgesOf(device)]
          return isDeepStrictEqual(viewer, badgesOf(device))
        },
        () => `the badges of a device of ${device.userId} are equal: ${JSON.stringify(seen)}`,
      )
      expect(device.failures).toEqual([])
    }
    await server.stop()
    await server.database.check()
  }, 120_000)
})
