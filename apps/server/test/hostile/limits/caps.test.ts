import { type Conversation, Refusal } from '@cpc-messenger/messenger'
import { describe, expect, it } from 'vitest'
import { createConversation, deleteConversation } from '../../../src/services/commands/conversations.ts'
import { addMembers } from '../../../src/services/commands/members.ts'
import { registerUser } from '../../../src/services/commands/users.ts'
import type { Limits } from '../../../src/services/commit/use-case.ts'
import type { LimitName } from '../../../src/services/limits/limit-table.ts'
import { silentMeter } from '../../../src/services/telemetry/meter.ts'
import { Backend, user } from '../../backend.ts'

const open = (limits: Omit<Limits, 'textLength'>, counted: LimitName[] = []) =>
  Backend.open(undefined, {}, undefined, {
    limits: { textLength: 100, ...limits },
    meter: { ...silentMeter, limitReached: limit => void counted.push(limit) },
  })

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'OK',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  )

const codesOf = (works: readonly Promise<unknown>[]): Promise<readonly string[]> => Promise.all(works.map(codeOf))
const okCount = (codes: readonly string[]): number => codes.filter(code => code === 'OK').length

const signIn = (backend: Backend, name: string) =>
  backend.run(registerUser, name, {
    userId: user(name),
    displayName: undefined,
    avatarUrl: undefined,
    profileAsOf: 1,
  })

const add = (backend: Backend, name: string, { id }: Conversation, members: readonly string[]) =>
  backend.run(addMembers, name, { conversationId: id, userIds: members.map(user) })

describe('groups that one user may own', () => {
  it('are not more, however many are asked for at once, and one more is CONFLICT and counted', async () => {
    const counted: LimitName[] = []
    await using backend = await open({ groupsPerUser: 5 }, counted)
    const codes = await codesOf(Array.from({ length: 20 }, () => backend.create('mallory')))
    expect(okCount(codes)).toBe(5)
    expect(new Set(codes)).toEqual(new Set(['OK', 'CONFLICT']))
    expect(counted).toEqual(Array.from({ length: 15 }, () => 'groupsPerUser'))
    expect(await codeOf(backend.create('bob'))).toBe('OK')
  })

  it('make room when one is deleted', async () => {
    await using backend = await open({ groupsPerUser: 1 })
    const first = await backend.create('alice', { members: ['bob'] })
    expect(await codeOf(backend.create('alice', { kind: 'CHANNEL' }))).toBe('CONFLICT')
    await backend.run(deleteConversation, 'alice', { conversationId: first.id })
    expect(await codeOf(backend.create('alice', { kind: 'CHANNEL' }))).toBe('OK')
  })

  it('are those of their own: being added by others, and DIRECT conversations, take no room', async () => {
    await using backend = await open({ groupsPerUser: 1 })
    for (const name of ['bob', 'carol', 'dave']) {
      await backend.create(name, { members: ['alice'] })
      await backend.create('alice', { kind: 'DIRECT', members: [name] })
    }
    expect(await codeOf(backend.create('alice'))).toBe('OK')
  })

  it('let a creation be repeated at the cap', async () => {
    await using backend = await open({ groupsPerUser: 1 })
    const once = () =>
      backend.run(createConversation, 'alice', {
        kind: 'GROUP',
        name: 'a room',
        topic: null,
        memberIds: [],
        settings: {},
        idempotencyKey: 'once',
        key: null,
        metadata: null,
      })
    const first = await once()
    expect((await once()).id).toBe(first.id)
  })
})

describe('members that one group may have', () => {
  it('are not more, by creation and by addition, however many add at once', async () => {
    await using backend = await open({ membersPerGroup: 10 })
    const names = Array.from({ length: 10 }, (_, index) => `user${index}`)
    expect(await codeOf(backend.create('alice', { members: names }))).toBe('CONFLICT')
    const group = await backend.create('alice', { members: ['bob', 'carol'] })
    const codes = await codesOf(names.map(name => add(backend, name < 'user5' ? 'bob' : 'carol', group, [name])))
    expect(okCount(codes)).toBe(7)
    const [stored] = await backend.store.latest.conversations.byIds([group.id])
    expect(stored?.memberCount).toBe(10)
    expect(await backend.store.latest.members.page({ conversationId: group.id, limit: 100 })).toHaveLength(10)
  })

  it('are added all or none', async () => {
    await using backend = await open({ membersPerGroup: 4 })
    const group = await backend.create('alice', { members: ['bob'] })
    expect(await codeOf(add(backend, 'alice', group, ['carol', 'dave', 'erin']))).toBe('CONFLICT')
    expect(await backend.store.latest.users.byIds([user('carol')])).toEqual([])
    expect(await codeOf(add(backend, 'alice', group, ['bob', 'carol', 'dave']))).toBe('OK')
  })

  it('may be more in a channel', async () => {
    await using backend = await open({ membersPerGroup: 2 })
    const channel = await backend.create('alice', { kind: 'CHANNEL' })
    expect(await codeOf(add(backend, 'alice', channel, ['bob', 'carol', 'dave']))).toBe('OK')
  })
})

describe('users that one user may name into being', () => {
  it('are not more, over all groups and however many are named at once', async () => {
    await using backend = await open({ namedUsersPerUser: 12 })
    const groups = await Promise.all(Array.from({ length: 4 }, () => backend.create('mallory')))
    const codes = await codesOf(
      groups.flatMap((group, at) =>
        Array.from({ length: 5 }, (_, index) =>
          add(backend, 'mallory', group, [`new${at}-${index}`, `too${at}-${index}`]),
        ),
      ),
    )
    expect(okCount(codes)).toBe(6)
    expect(await codeOf(backend.create('mallory', { kind: 'DIRECT', members: ['outsider'] }))).toBe('CONFLICT')
    expect(await backend.store.latest.users.byIds([user('outsider')])).toEqual([])
  })

  it('are those who never signed in: who exists may be added, and who signs in makes room', async () => {
    await using backend = await open({ namedUsersPerUser: 1 })
    await signIn(backend, 'bob')
    const group = await backend.create('alice', { members: ['bob', 'carol'] })
    expect(await codeOf(add(backend, 'alice', group, ['dave']))).toBe('CONFLICT')
    expect(await codeOf(add(backend, 'bob', group, ['dave']))).toBe('OK')
    await signIn(backend, 'carol')
    expect(await codeOf(add(backend, 'alice', group, ['erin']))).toBe('OK')
    expect(await codeOf(add(backend, 'alice', group, ['frank']))).toBe('CONFLICT')
  })
})
