import { setTimeout as after } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import pg from 'pg'
import { expect, it } from 'vitest'
import WebSocket from 'ws'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import { userId } from '../../storage/named-ids.ts'
import { Scribe } from '../../storage/scribe.ts'
import { temporaryFile } from '../../storage/sqlite/harness.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { request } from '../server/graphql-request.ts'
import { messengerCommand } from '../server/messenger-command.ts'
import { PlainClient } from '../server/plain-client.ts'
import { RunningServer, tokenFor } from '../server/running-server.ts'
import { MigrateCommand } from './migrate-command.ts'
import { MovingSenders } from './moving-senders.ts'

const messages = Number(process.env.MIGRATE_MESSAGES ?? 200_000)
const roomCount = 40
const setLength = 500

/** Rooms of alice and bob full of messages, some edited, some with reactions. */
const fill = async (file: string): Promise<readonly string[]> => {
  await using store = await openSqliteStore({ file })
  const scribe = new Scribe(store)
  const [alice, bob] = [userId('alice'), userId('bob')]
  for (const user of [alice, bob]) await scribe.user(user)
  const rooms: Awaited<ReturnType<Scribe['create']>>[] = []
  for (let room = 0; room < roomCount; room += 1) rooms.push(await scribe.create({ members: [alice, bob] }))
  for (let sent = 0, set = 0; sent < messages; sent += setLength, set += 1) {
    const room = rooms[set % roomCount]
    if (room === undefined) break
    const [first, second] = await scribe.sendMany(room, alice, setLength)
    if (first === undefined || second === undefined) break
    await scribe.react(await scribe.edit(first, 'edited'), bob, '👍')
    await scribe.delete(second)
  }
  return rooms
}

interface Place {
  readonly epoch: string
  readonly after: number
}

interface Stream {
  /** The sequences that came, in their order. */
  readonly sequences: number[]
  close(): void
}

const document = `subscription ($id: ID!, $after: Int, $epoch: ID) {
  conversationEvents(conversationId: $id, after: $after, epoch: $epoch) { ... on ConversationEvent { sequence } } }`

const overGraphQL = (server: RunningServer, token: string, id: string, place: Place): Stream => {
  const client = createClient({
    url: `${server.webSocketUrl}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  })
  const sequences: number[] = []
  client.subscribe<{ conversationEvents: { sequence?: number } }>(
    { query: document, variables: { id, ...place } },
    {
      next: ({ data, errors }) => {
        if (errors !== undefined) throw new Error(JSON.stringify(errors))
        const sequence = data?.conversationEvents.sequence
        if (sequence !== undefined) sequences.push(sequence)
      },
      error: () => undefined,
      complete: () => undefined,
    },
  )
  return { sequences, close: () => void client.dispose() }
}

const isEvent = (frame: { readonly [field: string]: unknown }): boolean => frame.occurredAt !== undefined

const sequencesOf = ({ frames }: PlainClient, id: string): number[] =>
  frames.flatMap(frame => (isEvent(frame) && frame.conversationId === id ? [Number(frame.sequence)] : []))

const overPlain = async (server: RunningServer, token: string, id: string, place: Place) => {
  const client = await PlainClient.connect(server, token)
  await client.frame('Connected')
  client.send({ type: 'Subscribe', conversationId: id, ...place })
  await client.frame('Subscribed')
  return client
}

/** As a supervisor does: a server that will not start yet is started again. */
const startOnceFilled = async (environment: Readonly<Record<string, string>>): Promise<RunningServer> => {
  const deadline = Date.now() + 120_000
  for (;;) {
    try {
      return await RunningServer.start({ environment })
    } catch (error) {
      if (!String(error).includes('is being filled') || Date.now() > deadline) throw error
    }
  }
}

const until = async (holds: () => boolean, what: string, seconds = 30): Promise<void> => {
  const deadline = Date.now() + seconds * 1000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
    await after(20)
  }
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

it(`${messages} messages move while they are sent and received; clients go on from their old positions and miss nothing`, async () => {
  await using place = await temporaryFile()
  await using database = await freshDatabase()
  const rooms = await fill(place.file)
  const [graphqlRoom = '', plainRoom = ''] = rooms
  const token = await tokenFor('alice')
  const own = (await messengerCommand(place.file, ['token', '--user', 'bob'])).stdout.trim()
  await using old = await RunningServer.start({ environment: { DATABASE_URL: `file:${place.file}` } })

  const inbox = await PlainClient.connect(old, own)
  const epoch = String((await inbox.frame('Connected')).epoch)
  inbox.send({ type: 'SubscribeInbox' })
  const mark = String((await inbox.frame('StreamPosition')).position)
  const pool = new pg.Client({ connectionString: database.url })
  await pool.connect()
  const head = async (id: string): Promise<number> =>
    Number((await pool.query('select last_sequence from conversations where id = $1', [id])).rows[0]?.last_sequence)
  const start = { epoch, after: 10 }
  const first = overGraphQL(old, own, graphqlRoom, start)
  const plain = await overPlain(old, own, plainRoom, start)

  await using senders = new MovingSenders(old, token, rooms, 4)
  await until(() => senders.answered.size > 100, 'the senders send')
  const startedAt = performance.now()
  const moving = new MigrateCommand(place.file, database.url)
  await until(() => moving.output.includes('The move begins'), 'the move begins')
  const starting = startOnceFilled({ DATABASE_URL: database.url })
  await until(() => moving.output.includes('servers may start') || moving.hasEnded, 'all is moved', 150)
  expect(moving.output).toContain('servers may start')
  const movedAfter = performance.now() - startedAt
  await using node = await starting
  senders.server = node
  await until(() => senders.answeredAgain !== undefined, 'the senders are answered again')
  const [refusedFrom = 0, answeredAgain = 0] = [senders.refusedFrom, senders.answeredAgain]

  // Positions as the clients have them from the old server.
  const graphqlAt = { epoch, after: first.sequences.at(-1) ?? 0 }
  const plainAt = { epoch, after: sequencesOf(plain, plainRoom).at(-1) ?? 0 }
  first.close()
  const second = overGraphQL(node, own, graphqlRoom, graphqlAt)
  const plainAgain = await overPlain(node, own, plainRoom, plainAt)
  const inboxAgain = await PlainClient.connect(node, own)
  await inboxAgain.frame('Connected')
  inboxAgain.send({ type: 'SubscribeInbox', from: mark, epoch })
  await inboxAgain.frame('InboxSubscribed')
  const before = senders.answered.size
  await until(() => senders.answered.size > before + 200, 'the senders go on')
  await senders.stop()
  console.log(
    [
      moving.output,
      `${messages} messages: moved after ${Math.round(movedAfter)} ms, ${senders.answered.size} sent meanwhile;`,
      `a sender was refused for ${Math.round(answeredAgain - refusedFrom)} ms, until the new server had started.`,
    ].join('\n'),
  )

  const [graphqlHead, plainHead] = [await head(graphqlRoom), await head(plainRoom)]
  await until(() => second.sequences.at(-1) === graphqlHead, 'the GraphQL subscriber is at the head')
  await until(() => sequencesOf(plainAgain, plainRoom).at(-1) === plainHead, 'the plain subscriber is at the head')
  expect([...first.sequences, ...second.sequences]).toEqual(range(11, graphqlHead))
  expect([...sequencesOf(plain, plainRoom), ...sequencesOf(plainAgain, plainRoom)]).toEqual(range(11, plainHead))
  for (const id of rooms) {
    const whole = await head(id)
    await until(() => sequencesOf(inboxAgain, id).at(-1) === whole, `the inbox is at the head of ${id}`)
    const received = sequencesOf(inboxAgain, id)
    // The first event from the old server came right after the mark.
    const [earliest = received[0] ?? 0] = sequencesOf(inbox, id)
    expect(received).toEqual(range(earliest, whole))
  }
  const stored = await pool.query(
    `select client_message_id as key, id from messages where client_message_id is not null`,
  )
  expect(stored.rows.length).toBe(senders.answered.size)
  expect(new Map(stored.rows.map(({ key, id }) => [key, id]))).toEqual(senders.answered)

  expect(await moving.ended()).toBe(0)
  expect(moving.output.match(/^0 findings$/gm)).toHaveLength(2)
  for (const client of [inbox, plain, plainAgain, inboxAgain]) await client[Symbol.asyncDispose]()
  second.close()
  await pool.end()
  // The old server stays what it is: it shows what it has, to those whom it knows, and takes nothing.
  await old.restart('stop')
  const again = await PlainClient.connect(old, own)
  expect(await again.frame('Connected')).toMatchObject({ epoch })
  await again[Symbol.asyncDispose]()
  const refused = await request(
    old.url,
    token,
    'mutation ($id: ID!) { leaveConversation(input: { conversationId: $id }) { __typename } }',
    {
      id: plainRoom,
    },
  )
  expect(refused.errors[0]?.extensions?.code).toBe('UNAVAILABLE')
  const { code, stdout } = await messengerCommand(place.file, ['check'])
  expect({ code, stdout }).toEqual({ code: 0, stdout: '0 findings\n' })
}, 240_000)
