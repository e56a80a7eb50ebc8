import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ConversationKind, HistoryVisibility, Role } from '@cpc-messenger/messenger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardRootFields } from '../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { planDrain } from '../../../src/infrastructure/http/drain-plan.ts'
import { createWebSocketTransport } from '../../../src/infrastructure/websocket/transport.ts'
import { dig, GraphQLServer, userId } from '../../graphql/graphql-server.ts'
import { Taken } from '../../graphql/taken.ts'
import { noChanges } from '../../storage/scribe.ts'
import { Client } from '../../websocket/client.ts'

/** Who looks: the author of the message, other members by their roles, and a user who is not a member. */
const viewers = ['author', 'member', 'moderator', 'owner', 'outsider'] as const
type Viewer = (typeof viewers)[number]

const policies = ['NONE', 'MODERATORS', 'MEMBERS'] as const satisfies readonly HistoryVisibility[]
const kinds = ['DIRECT', 'GROUP', 'CHANNEL'] as const satisfies readonly ConversationKind[]

interface Room {
  readonly id: string
  readonly kind: ConversationKind
  readonly policy: HistoryVisibility
}

/** A room, and its head before the message was sent. */
interface Begun extends Room {
  readonly after: number
}

/** What happened to a message after it was sent as "one" and edited to "two" and "three". */
interface Act {
  readonly happens: (room: Room, messageId: string) => Promise<unknown>
  /** Every version that was ever made, as it is shown where nothing was erased. */
  readonly versions: readonly string[]
  /** How many of them a change of policy has erased. */
  readonly erased?: number
  readonly deletes?: boolean
  /** The policy at the end, if it is another one. */
  readonly policy?: HistoryVisibility
}

const marker = '[Deleted]'
let server: GraphQLServer
let runner: OperationRunner
let socketUrl: string
const cleanup = new AsyncDisposableStack()

const run = async (name: string, mutation: string, input: object) => {
  const type = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!`
  const { errors } = await server.ask(name, `mutation($input: ${type}) { ${mutation}(input: $input) { __typename } }`, {
    input,
  })
  const code = errors?.[0]?.extensions.code
  return { code: code === undefined ? 'OK' : code, field: errors?.[0]?.extensions.field }
}

const must = async (name: string, mutation: string, input: object): Promise<void> => {
  expect({ mutation, ...(await run(name, mutation, input)) }).toMatchObject({ mutation, code: 'OK' })
}

const edit = (messageId: string, text: string) =>
  must('author', 'updateMessage', { messageId, content: { text: { text } } })
const redact = (name: string, messageId: string, version: number) =>
  must(name, 'redactRevision', { messageId, version })
const change = ({ id: conversationId, kind }: Room, historyVisibility: HistoryVisibility) =>
  must(kind === 'DIRECT' ? 'author' : 'owner', 'updateConversation', {
    conversationId,
    settings: { historyVisibility },
  })
const moderatorOf = ({ kind }: Room): string => (kind === 'DIRECT' ? 'author' : 'moderator')

const acts: Readonly<Record<string, Act>> = {
  'was edited': { happens: async () => undefined, versions: ['one', 'two', 'three'] },
  'was edited, and a revision redacted by its author': {
    happens: (_, id) => redact('author', id, 1),
    versions: [marker, 'two', 'three'],
  },
  'was edited, and a revision redacted by a moderator': {
    happens: (room, id) => redact(moderatorOf(room), id, 2),
    versions: ['one', marker, 'three'],
  },
  'was deleted by its author': {
    happens: (_, messageId) => must('author', 'deleteMessage', { messageId }),
    versions: ['one', 'two', 'three', marker],
    deletes: true,
  },
  'was deleted by a moderator, and a revision redacted after that': {
    happens: async (room, messageId) => {
      await must(moderatorOf(room), 'deleteMessage', { messageId })
      await redact(moderatorOf(room), messageId, 3)
    },
    versions: ['one', 'two', marker, marker],
    deletes: true,
  },
  'was edited before its history was erased': {
    happens: room => change(room, 'NONE'),
    versions: ['one', 'two', 'three'],
    erased: 2,
    policy: 'NONE',
  },
  'was edited before and after its history was erased, and every member may read it again': {
    happens: async (room, messageId) => {
      await change(room, 'NONE')
      await change(room, 'MEMBERS')
      await edit(messageId, 'four')
    },
    versions: ['one', 'two', 'three', 'four'],
    erased: 2,
    policy: 'MEMBERS',
  },
  'was deleted before its history was erased, and moderators may read it again': {
    happens: async (room, messageId) => {
      await must('author', 'deleteMessage', { messageId })
      await change(room, 'NONE')
      await change(room, 'MODERATORS')
    },
    versions: ['one', 'two', 'three', marker],
    erased: 3,
    deletes: true,
    policy: 'MODERATORS',
  },
}

/** Under NONE no earlier version is kept, so that there is none to redact. */
const happensUnder = (policy: HistoryVisibility, name: string): boolean =>
  policy !== 'NONE' || !/redacted|erased/.test(name)

const mayRead = (viewer: Viewer, kind: ConversationKind, policy: HistoryVisibility, deleted: boolean): boolean => {
  if (viewer === 'outsider') return false
  if (policy === 'NONE') return true
  const isOwnOrModerated = viewer === 'author' || (kind !== 'DIRECT' && viewer !== 'member')
  return isOwnOrModerated || (policy === 'MEMBERS' && !deleted)
}

const fields = 'revisions(first: 10) { edges { node { version content { text } editor { id } redactedAt } } }'

interface Revision {
  readonly version: number
  readonly content: { readonly text: string }
  readonly editor: { readonly id: string }
  readonly redactedAt: string | null
}

type Shown = readonly Revision[] | string

const shownIn = (message: unknown, codes: readonly unknown[]): Shown => {
  const edges = dig<readonly { node: Revision }[] | undefined>(message ?? {}, ['revisions', 'edges'])
  return edges === undefined ? String(codes[0]) : edges.map(({ node }) => node)
}

const byQuery = async (viewer: Viewer, messageId: string, root: 'message' | 'node'): Promise<Shown> => {
  const selection = root === 'message' ? fields : `... on Message { ${fields} }`
  const query = `query($id: ID!) { found: ${root}(id: $id) { ${selection} } }`
  const { data, errors = [] } = await server.ask(viewer, query, { id: messageId })
  return shownIn(data?.found, data?.found === null ? ['NOT_FOUND'] : errors.map(({ extensions }) => extensions.code))
}

const eventFields = ['MessageCreated', 'MessageUpdated', 'MessageDeleted']
  .map(type => `... on ${type} { message { id ${fields} } }`)
  .join(' ')

interface EventOfMessage {
  readonly message?: { readonly id: string }
}

/** What every event about the message shows, which must be the same. */
const shownByAll = (events: readonly EventOfMessage[], codes: readonly unknown[], messageId: string): Shown => {
  const [first, ...others] = events
    .filter(({ message }) => message?.id === messageId)
    .map(({ message }) => shownIn(message, codes))
  if (first === undefined) return String(codes[0] ?? 'nothing')
  for (const other of others) expect(other).toEqual(first)
  return first
}

const byLog = async (viewer: Viewer, { id, after }: Begun, messageId: string): Promise<Shown> => {
  const query = `query($id: ID!, $after: Int!) { events(conversationId: $id, after: $after, first: 20) { events { ${eventFields} } } }`
  const { data, errors = [] } = await server.ask(viewer, query, { id, after })
  const events = dig<readonly EventOfMessage[]>(data, ['events', 'events']) ?? []
  return shownByAll(
    events,
    errors.map(({ extensions }) => extensions.code),
    messageId,
  )
}

const byReplay = async (viewer: Viewer, { id, after }: Begun, messageId: string): Promise<Shown> => {
  const query = `subscription($id: ID!, $after: Int) { conversationEvents(conversationId: $id, after: $after) {
    ... on StreamPosition { live } ${eventFields} } }`
  const taken = await Taken.open(runner, server, viewer, query, { id, after })
  await taken.untilLive()
  taken.close()
  const codes = taken.results.flatMap(({ errors = [] }) => errors.map(error => dig(error, ['extensions', 'code'])))
  return shownByAll(taken.events, codes, messageId)
}

/** The texts of a replay over messenger.v1: no frame has a revision. */
const byFrames = async (viewer: Viewer, { id: conversationId, after }: Begun): Promise<string> => {
  const client = await Client.open(socketUrl, {})
  try {
    client.send({ type: 'Authenticate', token: await server.token(viewer) })
    await client.next('Connected')
    client.send({ type: 'Subscribe', conversationId, after })
    await client.next('Subscribed')
    return JSON.stringify(await client.before('StreamPosition'))
  } finally {
    client.cut()
  }
}

const give = async (conversationId: string, name: string, role: Role): Promise<void> => {
  const memberships = await server.store.latest.members.byPairs([
    { conversationId: conversationId as never, userId: userId(name) },
  ])
  await using batch = await server.store.begin([])
  await batch.commit({ ...noChanges, memberships: memberships.map(membership => ({ ...membership, role })) })
}

const openRoom = async (kind: ConversationKind, policy: HistoryVisibility): Promise<Room> => {
  const name = kind === 'DIRECT' ? {} : { name: 'a room' }
  const creator = kind === 'DIRECT' ? 'author' : 'owner'
  const memberIds = kind === 'DIRECT' ? ['member'] : ['author', 'member', 'moderator']
  const query =
    'mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }'
  const input = { kind, memberIds, ...name, settings: { historyVisibility: policy } }
  const id = await server.read<string>(creator, query, { input }, 'createConversation', 'conversation', 'id')
  const room = { id, kind, policy }
  // A DIRECT that exists is opened again.
  if (kind === 'DIRECT') await change(room, policy)
  else await give(id, 'moderator', 'MODERATOR')
  return room
}

beforeAll(async () => {
  server = cleanup.use(await GraphQLServer.open())
  runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
  const transport = await createWebSocketTransport({ ...server.dependencies, version: '0.0.0' })
  const http = createServer()
  http.on('upgrade', (request, socket, head) => transport.upgrades.get('/ws')?.(request, socket, head))
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  cleanup.defer(async () => {
    await transport.drain(planDrain(transport.connections, 100))
    http.close()
  })
  const address = http.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening')
  socketUrl = `http://127.0.0.1:${address.port}`
})
afterAll(() => cleanup.disposeAsync())

const expectedOf = (act: Act, { kind, policy }: Room, viewer: Viewer): readonly string[] | 'FORBIDDEN' => {
  const current = act.policy ?? policy
  if (!mayRead(viewer, kind, current, act.deletes === true)) return 'FORBIDDEN'
  const erased = policy === 'NONE' ? act.versions.length - 1 : (act.erased ?? 0)
  return act.versions.slice(erased)
}

const textsOf = (shown: Shown): readonly string[] | string =>
  typeof shown === 'string' ? shown : shown.map(({ content }) => content.text)

describe.each(kinds)('In a %s', kind => {
  const others = kind === 'DIRECT' ? (['author', 'member', 'outsider'] as const) : viewers
  describe.each(policies)('whose history is for %s', policy => {
    const happening = Object.entries(acts).filter(([name]) => happensUnder(policy, name))
    it.each(happening)('of a message that %s everyone reads what they may, by every way', async (_, act) => {
      const opened = await openRoom(kind, policy)
      const room: Begun = { ...opened, after: await server.lastSequence('author', opened.id) }
      const messageId = await server.send('author', room.id, 'one')
      await edit(messageId, 'two')
      await edit(messageId, 'three')
      await act.happens(room, messageId)
      for (const viewer of others) {
        const expected = expectedOf(act, room, viewer)
        const isHidden = viewer === 'outsider' && kind !== 'CHANNEL'
        const shown = {
          message: await byQuery(viewer, messageId, 'message'),
          node: await byQuery(viewer, messageId, 'node'),
          log: await byLog(viewer, room, messageId),
          replay: viewer === 'outsider' ? undefined : await byReplay(viewer, room, messageId),
        }
        for (const [way, found] of Object.entries(shown))
          if (found !== undefined)
            expect({ viewer, way, texts: textsOf(found) }).toEqual({
              viewer,
              way,
              texts: isHidden ? 'NOT_FOUND' : expected,
            })
        if (viewer === 'outsider') continue
        const frames = await byFrames(viewer, room)
        for (const text of act.versions.slice(0, -1)) if (text !== marker) expect(frames).not.toContain(`"${text}"`)
      }
    })
  })
})

describe('A revision', () => {
  it('names who made it, when, and whether it was redacted; pages of any size hold all of them', async () => {
    const room = await openRoom('GROUP', 'MEMBERS')
    const messageId = await server.send('author', room.id, 'one')
    for (const text of ['two', 'three', 'four']) await edit(messageId, text)
    await redact('author', messageId, 2)
    await must('moderator', 'deleteMessage', { messageId })
    const shown = await byQuery('author', messageId, 'message')
    expect(shown).toMatchObject([
      { version: 1, content: { text: 'one' }, editor: { id: 'author' }, redactedAt: null },
      { version: 2, content: { text: marker }, editor: { id: 'author' }, redactedAt: expect.any(String) },
      { version: 3, content: { text: 'three' }, editor: { id: 'author' }, redactedAt: null },
      { version: 4, content: { text: 'four' }, editor: { id: 'author' }, redactedAt: null },
      { version: 5, content: { text: marker }, editor: { id: 'moderator' }, redactedAt: null },
    ])
    const query = `query($id: ID!, $first: Int, $after: String) { message(id: $id) { revisions(first: $first, after: $after) {
      edges { node { version } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`
    for (const first of [1, 2, 3, 4, 5, 6]) {
      const versions: number[] = []
      for (let after: string | null = null, more = true; more; ) {
        const variables: object = { id: messageId, first, after }
        const page = await server.read<{
          readonly edges: readonly { node: { version: number } }[]
          readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string }
        }>('author', query, variables, 'message', 'revisions')
        versions.push(...page.edges.map(({ node }) => node.version))
        expect(page.edges.length).toBeLessThanOrEqual(first)
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null)
        after = page.pageInfo.endCursor
        more = page.pageInfo.hasNextPage
      }
      expect(versions).toEqual([1, 2, 3, 4, 5])
    }
  })

  it('is redacted once: the version stays, the change is an event, and repeating it is none', async () => {
    const room = await openRoom('GROUP', 'MEMBERS')
    const messageId = await server.send('author', room.id, 'one')
    await edit(messageId, 'two')
    const before = await server.lastSequence('author', room.id)
    const query = `mutation($input: RedactRevisionInput!) { redactRevision(input: $input) {
      message { version changedSequence updatedAt content { text } ${fields} } } }`
    const redacted = () =>
      server.read<object>('author', query, { input: { messageId, version: 1 } }, 'redactRevision', 'message')
    const first = await redacted()
    expect(first).toMatchObject({ version: 2, changedSequence: before + 1, content: { text: 'two' } })
    expect(first).toMatchObject({ revisions: { edges: [{ node: { content: { text: marker } } }, {}] } })
    expect(await redacted()).toEqual(first)
    expect(await server.lastSequence('author', room.id)).toBe(before + 1)
  })

  it('is not redacted if it is the current one, does not exist or is erased, nor by others; nothing changes', async () => {
    const room = await openRoom('GROUP', 'MEMBERS')
    const messageId = await server.send('author', room.id, 'one')
    await edit(messageId, 'two')
    const before = await server.lastSequence('author', room.id)
    const outcome = (name: string, version: number) => run(name, 'redactRevision', { messageId, version })
    for (const version of [2, 3, 0, -1, 2_147_483_647])
      expect(await outcome('author', version)).toEqual({ code: 'BAD_USER_INPUT', field: 'version' })
    expect(await outcome('member', 1)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await outcome('outsider', 1)).toMatchObject({ code: 'NOT_FOUND' })
    expect(await server.lastSequence('author', room.id)).toBe(before)
    await change(room, 'NONE')
    await change(room, 'MEMBERS')
    expect(await outcome('author', 1)).toEqual({ code: 'BAD_USER_INPUT', field: 'version' })
    expect(await server.lastSequence('author', room.id)).toBe(before + 2)
  })

  it('of an author who left is read only by moderators, and not by the author, who may read the CHANNEL', async () => {
    const room = await openRoom('CHANNEL', 'MODERATORS')
    const messageId = await server.send('author', room.id, 'one')
    await edit(messageId, 'two')
    await must('author', 'leaveConversation', { conversationId: room.id })
    expect(await byQuery('author', messageId, 'message')).toBe('FORBIDDEN')
    expect(await run('author', 'redactRevision', { messageId, version: 1 })).toMatchObject({ code: 'FORBIDDEN' })
    expect(textsOf(await byQuery('moderator', messageId, 'message'))).toEqual(['one', 'two'])
  })
})
