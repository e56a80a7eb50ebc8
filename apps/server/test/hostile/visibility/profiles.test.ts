import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUser, parseStoredUserId, type UserId } from '@cpc-messenger/messenger'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { JwtVerifier } from '../../../src/infrastructure/auth/jwt-verifier.ts'
import { loadOwnKey, type OwnKey } from '../../../src/infrastructure/auth/own-key.ts'
import { ownKeyFile } from '../../../src/infrastructure/auth/own-key-file.ts'
import { SignIn } from '../../../src/services/identity/sign-in.ts'
import { Backend, user } from '../../backend.ts'
import { GraphQLServer } from '../../graphql/graphql-server.ts'
import { membershipId } from '../../storage/named-ids.ts'
import { noChanges } from '../../storage/scribe.ts'

const jwtSecret = 'a secret that only the two of them know'

let directory: string
let ownKey: OwnKey
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'auth-'))
  ownKey = await loadOwnKey(ownKeyFile(join(directory, 'messenger.db')))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Two nodes by what they keeps: each has a sign-in of its own over the same store. */
const open = async () => {
  const backend = await Backend.open()
  const signInOfNode = (): SignIn =>
    new SignIn(
      new JwtVerifier({ clock: backend.clock, ownKey, jwtSecret, issuer: undefined, audience: undefined }),
      backend.committer,
    )
  const now = Math.floor(backend.clock.now() / 1000)
  const token = (claims: object): Promise<string> =>
    new SignJWT({ sub: 'alice', exp: now + 3600, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(jwtSecret))
  const profile = async () => (await backend.store.latest.users.byIds([user('alice')]))[0]
  return { backend, nodes: [signInOfNode(), signInOfNode()] as const, now, token, profile }
}

describe('A profile', () => {
  it('is that of the token issued last, with tokens used in any order, any number of times, on any node', async () => {
    const { backend, nodes, now, token, profile } = await open()
    await using _ = backend
    const older = await token({ iat: now - 100, name: 'Old' })
    const newer = await token({ iat: now - 50, name: 'New', picture: 'https://example.com/new.png' })
    const unsaid = await token({ name: 'Unsaid' })
    await nodes[0].byToken(unsaid)
    expect(await profile()).toMatchObject({ displayName: 'Unsaid' })
    await nodes[0].byToken(older)
    expect(await profile()).toMatchObject({ displayName: 'Old' })
    await nodes[1].byToken(newer)
    for (const node of [...nodes, ...nodes])
      for (const shown of [older, unsaid, newer, older]) {
        await node.byToken(shown)
        expect(await profile()).toMatchObject({ displayName: 'New', avatarUrl: 'https://example.com/new.png' })
      }
  })

  it('does not flip between two tokens of the same second, or two that do not say when they were issued', async () => {
    for (const iat of [1, undefined]) {
      const { backend, nodes, token, profile } = await open()
      await using _ = backend
      const [one, other] = [await token({ iat, name: 'One' }), await token({ iat, name: 'Other' })]
      await nodes[0].byToken(one)
      for (const node of nodes) {
        await node.byToken(other)
        await node.byToken(one)
        expect(await profile()).toMatchObject({ displayName: 'One' })
      }
    }
  })

  it('stays where a newer token does not contain it, and an older token still does not replace it', async () => {
    const { backend, nodes, now, token, profile } = await open()
    await using _ = backend
    await nodes[0].byToken(await token({ iat: now - 100, name: 'Alice' }))
    await nodes[0].byToken(await token({ iat: now - 10 }))
    expect(await profile()).toMatchObject({ displayName: 'Alice' })
    await nodes[1].byToken(await token({ iat: now - 50, name: 'Alice Liddell' }))
    expect(await profile()).toMatchObject({ displayName: 'Alice Liddell' })
    await nodes[0].byToken(await token({ iat: now - 20, name: 'Alice Liddell' }))
    await nodes[1].byToken(await token({ iat: now - 30, name: 'A.' }))
    expect(await profile()).toMatchObject({ displayName: 'Alice Liddell' })
  })

  it('falls back to the id where the name shows nothing or is not a line', async () => {
    const names = [
      '\u200b',
      '\u2800 \u3164',
      '\u202e',
      '\u00ad\u180e',
      '\ufe0f',
      '\u{e0041}',
      'a\nb',
      'a\u202eb',
      'a\0',
    ]
    for (const name of names) {
      const { backend, nodes, now, token, profile } = await open()
      await using _ = backend
      await nodes[0].byToken(await token({ iat: now, name, picture: 'https://alice:secret@example.com/a.png' }))
      expect(await profile()).toMatchObject({ displayName: 'alice', avatarUrl: null })
    }
  })

  it('is not written again by every request with the token that made it', async () => {
    const { backend, nodes, now, token } = await open()
    await using _ = backend
    const shown = await Promise.all(['One', 'Other'].map((name, index) => token({ iat: now - index, name })))
    for (const text of shown) await nodes[0].byToken(text)
    // Nothing can be committed, and nothing has to be.
    await backend.store[Symbol.asyncDispose]()
    for (const text of [...shown, ...shown]) await nodes[0].byToken(text)
  })
})

describe('A user of an earlier version whose id no one may take any more', () => {
  const names = ['everyone', 'admins', 'thr_1', 'msg_old']
  const ids = names.map(parseStoredUserId).filter((id): id is UserId => id !== undefined)

  it('is found, listed page by page and removed, but not added', async () => {
    await using server = await GraphQLServer.open()
    const conversationId = await server.create('alice', ['bob'])
    const ask = async (query: string, variables: object) => server.ask('alice', query, variables)
    const add = 'mutation($input: AddMembersInput!) { addMembers(input: $input) { memberships { id } } }'
    for (const name of names) {
      const { errors } = await ask(add, { input: { conversationId, userIds: [name] } })
      expect(errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }])
    }
    const [bob] = await server.store.latest.members.byPairs([
      { conversationId: conversationId as never, userId: user('bob') },
    ])
    if (bob === undefined) throw new TypeError('bob is not a member')
    {
      // As if the version before had made them, and one of them a member.
      await using batch = await server.store.begin([])
      const memberships = ids.slice(0, 1).map(userId => ({ ...bob, id: membershipId(1), userId }))
      await batch.commit({
        ...noChanges,
        users: ids.map(id => ({ ...newUser(id, 1), displayName: `Old ${id}` })),
        memberships,
      })
    }
    for (const id of names)
      expect((await ask('query($id: ID!) { user(id: $id) { id } node(id: $id) { id } }', { id })).data).toEqual({
        user: { id },
        node: { id },
      })
    const listed: string[] = []
    const page =
      'query($after: String) { users(search: "Old", first: 1, after: $after) { edges { node { id } } pageInfo { endCursor hasNextPage } } }'
    for (let after: string | null = null; ; ) {
      const { data, errors } = await ask(page, { after })
      expect(errors).toBeUndefined()
      const users = data?.users as {
        edges: { node: { id: string } }[]
        pageInfo: { endCursor: string; hasNextPage: boolean }
      }
      listed.push(...users.edges.map(({ node }) => node.id))
      if (!users.pageInfo.hasNextPage) break
      after = users.pageInfo.endCursor
    }
    expect(listed).toEqual(names.toSorted())
    const remove = 'mutation($input: RemoveMemberInput!) { removeMember(input: $input) { membershipId } }'
    const { data } = await ask(remove, { input: { conversationId, userId: 'everyone' } })
    expect(data).toEqual({ removeMember: { membershipId: membershipId(1) } })
  })
})
