import { expect, it } from 'vitest'
import { ask } from '../e2e/server/graphql-request.ts'
import { PlainClient } from '../e2e/server/plain-client.ts'
import { type RunningServer, tokenFor } from '../e2e/server/running-server.ts'
import { Deployment } from '../support/deployment.ts'
import { until } from '../support/until.ts'

interface Seen {
  readonly status: string
  readonly statusText: string | null
  readonly lastSeenAt: string | null
}

const names = Array.from({ length: 40 }, (_, index) => `user-${index}`)
const create = `mutation ($ids: [ID!]!) {
  createConversation(input: { kind: GROUP, name: "room", memberIds: $ids }) { conversation { id } } }`
const members = `query ($id: ID!) { conversation(id: $id) { members(first: 100) { edges { node {
  user { id presence { status statusText lastSeenAt } } } } } } }`
const choose = `mutation ($input: SetPresenceInput!) { setPresence(input: $input) { user { id } } }`

/** What alice sees of all members over one node. */
const seenOver = async ({ url }: RunningServer, id: string): Promise<ReadonlyMap<string, Seen>> => {
  interface Data {
    readonly conversation: {
      readonly members: {
        readonly edges: readonly {
          readonly node: { readonly user: { readonly id: string; readonly presence: Seen } }
        }[]
      }
    }
  }
  const { conversation } = await ask<Data>(url, await tokenFor('alice'), members, { id })
  return new Map(conversation.members.edges.map(({ node: { user } }) => [user.id, user.presence]))
}

const connect = async (node: RunningServer, name: string): Promise<PlainClient> => {
  const client = await PlainClient.connect(node, await tokenFor(name))
  await client.frame('Connected')
  return client
}

it('presence is one over three nodes, also when one of them is killed and when one shuts down', async () => {
  await using resources = new AsyncDisposableStack()
  const server = resources.use(await Deployment.start())
  const [one, other, killed] = server.nodes
  if (one === undefined || other === undefined || killed === undefined) throw new TypeError('three nodes')
  const alice = await tokenFor('alice')
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    one.url,
    alice,
    create,
    { ids: names },
  )
  const { id } = createConversation.conversation
  const untilSeen = async (
    nodes: readonly RunningServer[],
    what: string,
    isSo: (seen: Seen, name: string) => boolean,
    ms: number,
  ) => {
    const startedAt = performance.now()
    for (const node of nodes)
      await until(
        async () => {
          const seen = await seenOver(node, id)
          return names.every(name => isSo(seen.get(name) ?? { status: '', statusText: null, lastSeenAt: null }, name))
        },
        what,
        ms,
      )
    return performance.now() - startedAt
  }

  for (const name of names) resources.use(await connect(killed, name))
  const online = await untilSeen(server.nodes, 'all are online', ({ status }) => status === 'ONLINE', 2000)

  // Chosen over one node, by a user who is connected to another one.
  const input = { status: 'DO_NOT_DISTURB', statusText: 'In a call' }
  await ask(one.url, await tokenFor('user-0'), choose, { input })
  await until(async () => (await seenOver(other, id)).get('user-0')?.statusText === 'In a call', 'the choice', 2000)
  // Also connected to a node that stays.
  resources.use(await connect(other, 'user-1'))

  const killedAt = Date.now()
  await killed.kill()
  const isGone = ({ status }: Seen, name: string) => status === (name === 'user-1' ? 'ONLINE' : 'OFFLINE')
  const offline = await untilSeen([one, other], 'the users of the killed node are offline', isGone, 30_000)
  const views = await Promise.all([one, other].map(node => seenOver(node, id)))
  expect(views[0]).toEqual(views[1])
  const lastSeen = names
    .filter(name => name !== 'user-1')
    .map(name => Date.parse(views[0]?.get(name)?.lastSeenAt ?? ''))
  // The last full set of the killed node is at most ten seconds old.
  expect(Math.min(...lastSeen)).toBeGreaterThan(killedAt - 12_000)
  expect(Math.max(...lastSeen)).toBeLessThanOrEqual(killedAt + 1000)
  await until(
    async () => {
      const rows = await server.database.rows(`SELECT user_id FROM presences WHERE last_seen_at > ${killedAt - 12_000}`)
      return rows.length >= names.length - 1
    },
    'one of the others has stored that',
    5000,
  )

  const stoppedAt = performance.now()
  await other.stop()
  await until(async () => (await seenOver(one, id)).get('user-1')?.status === 'OFFLINE', 'user-1 is offline', 10_000)
  const stopped = performance.now() - stoppedAt
  console.log(
    `${names.length} users: online everywhere within ${online.toFixed(0)} ms, offline ${(offline / 1000).toFixed(1)} s after a kill and ${(stopped / 1000).toFixed(1)} s after a stop`,
  )
}, 120_000)
