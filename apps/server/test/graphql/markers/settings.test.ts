import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from '../graphql-server.ts'
import { listed, mark, updateSettings, viewOf } from './marking.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const isArchived = async (name: string, id: string) =>
  (await viewOf(server, name, id)).viewerSettings?.archivedAt !== null

describe('updateViewerSettings', () => {
  it('changes only the fields that are given, for the viewer alone', async () => {
    const id = await server.create('alice', ['bob'])
    await updateSettings(server, 'bob', id, { notifications: 'MENTIONS' })
    await updateSettings(server, 'bob', id, { archived: true })
    const answer = await updateSettings(server, 'bob', id, { pinned: true })
    expect(answer.data).toEqual({
      updateViewerSettings: {
        conversation: {
          viewerSettings: {
            notifications: 'MENTIONS',
            markedUnreadFrom: null,
            archivedAt: expect.any(String),
            pinnedAt: expect.any(String),
          },
        },
      },
    })
    expect((await viewOf(server, 'alice', id)).viewerSettings).toEqual({
      notifications: 'ALL',
      markedUnreadFrom: null,
      archivedAt: null,
      pinnedAt: null,
    })
    await updateSettings(server, 'bob', id, { notifications: null, archived: false, pinned: null })
    expect((await viewOf(server, 'bob', id)).viewerSettings).toMatchObject({
      notifications: 'ALL',
      archivedAt: null,
      pinnedAt: null,
    })
  })

  it('muted and archived conversations do not count as unread ones', async () => {
    const [one, two] = [await server.create('alice', ['dave']), await server.create('alice', ['dave'])]
    for (const id of [one, two]) await server.send('alice', id, 'hello')
    const unread = () =>
      server.read<number>('dave', '{ viewer { unreadConversationCount } }', {}, 'viewer', 'unreadConversationCount')
    expect(await unread()).toBe(2)
    await updateSettings(server, 'dave', one, { archived: true })
    expect(await unread()).toBe(1)
    await updateSettings(server, 'dave', two, { notifications: 'NONE' })
    expect(await unread()).toBe(0)
  })
})

describe('an archived conversation', () => {
  it('returns when a member mentions the viewer there, and not for other messages', async () => {
    const id = await server.create('alice', ['bob', 'carol'])
    for (const name of ['alice', 'bob', 'carol']) await updateSettings(server, name, id, { archived: true })
    await server.send('alice', id, 'hello')
    expect(await isArchived('bob', id)).toBe(true)
    await server.send('alice', id, 'hello <@bob>')
    expect(await isArchived('bob', id)).toBe(false)
    expect(await isArchived('carol', id)).toBe(true)
    const message = await server.send('alice', id, 'hello all')
    const edit = 'mutation($input: UpdateMessageInput!) { updateMessage(input: $input) { message { id } } }'
    const input = { messageId: message, content: { text: { text: 'hello <@everyone>' } } }
    await server.read('alice', edit, { input }, 'updateMessage')
    expect(await isArchived('carol', id)).toBe(false)
    expect(await isArchived('alice', id)).toBe(true)
  })

  it('of two members returns when the other one writes', async () => {
    const id = await server.create('alice', ['erin'], 'DIRECT')
    for (const name of ['alice', 'erin']) await updateSettings(server, name, id, { archived: true })
    await server.send('alice', id, 'hello')
    expect(await isArchived('erin', id)).toBe(false)
    expect(await isArchived('alice', id)).toBe(true)
  })

  it('that is archived and mentioned in at the same time ends as the last of the two commands says', async () => {
    const id = await server.create('alice', ['bob'])
    for (let round = 0; round < 5; round += 1) {
      const [, sent] = await Promise.all([
        updateSettings(server, 'bob', id, { archived: true }),
        server.send('alice', id, `hello <@bob> ${round}`),
      ])
      expect(sent).toBeTruthy()
      await server.send('alice', id, 'hello <@bob>')
      expect(await isArchived('bob', id)).toBe(false)
      await updateSettings(server, 'bob', id, { archived: true })
      expect(await isArchived('bob', id)).toBe(true)
    }
  })
})

describe('the list of conversations', () => {
  it('has archived and unread ones, or others, in order and by pages', async () => {
    const ids: string[] = []
    for (let made = 0; made < 6; made += 1) ids.push(await server.create('alice', ['frank']))
    for (const id of ids) await server.send('alice', id, 'hello')
    const newestFirst = ids.toReversed()
    const [a = '', b = '', c = ''] = ids
    await updateSettings(server, 'frank', a, { archived: true })
    await updateSettings(server, 'frank', c, { archived: true })
    for (const id of [b, c]) await mark(server, 'frank', 'markRead', id, await server.lastSequence('frank', id))
    const without = (...others: readonly string[]) => newestFirst.filter(id => !others.includes(id))
    const idsOf = async (filter: object | null) => (await listed(server, 'frank', filter)).ids
    expect(await idsOf(null)).toEqual(newestFirst)
    expect(await idsOf({ archived: false })).toEqual(without(a, c))
    expect(await idsOf({ archived: true })).toEqual([c, a])
    expect(await idsOf({ unread: true })).toEqual(without(b, c))
    expect(await idsOf({ unread: false })).toEqual([c, b])
    expect(await idsOf({ unread: true, archived: true })).toEqual([a])
    expect(await idsOf({ unread: true, archived: false })).toEqual(without(a, b, c))
    expect(await idsOf({ unread: true, kinds: ['DIRECT'] })).toEqual([])
    const found: string[] = []
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<typeof listed>> = await listed(
        server,
        'frank',
        { unread: true },
        { first: 2, after },
      )
      found.push(...page.ids)
      after = page.endCursor
      if (!page.hasNextPage) break
    }
    expect(found).toEqual(without(b, c))
  })
})
