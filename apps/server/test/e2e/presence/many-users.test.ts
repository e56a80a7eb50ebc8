import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { seeded } from '../../seeded.ts'
import { Deployment } from '../../support/deployment.ts'
import { until } from '../../support/until.ts'
import { ask } from '../server/graphql-request.ts'
import { tokenFor } from '../server/running-server.ts'
import { inParallel, Person, Watcher } from './crowd.ts'

const users = 1000
const watchers = ['watcher-0', 'watcher-1', 'watcher-2']
const actions = 3000
const secondsOfActions = 10

const create = `mutation ($ids: [ID!]!) {
  createConversation(input: { kind: GROUP, name: "room", memberIds: $ids }) { conversation { id } } }`
const add = `mutation ($id: ID!, $ids: [ID!]!) {
  addMembers(input: { conversationId: $id, userIds: $ids }) { memberships { id } } }`

/** A conversation of all of these users. */
const roomOf = async (url: string, names: readonly string[]): Promise<string> => {
  const token = await tokenFor('alice')
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    url,
    token,
    create,
    {
      ids: names.slice(0, 100),
    },
  )
  const { id } = createConversation.conversation
  for (let start = 100; start < names.length; start += 100)
    await ask(url, token, add, { id, ids: names.slice(start, start + 100) })
  return id
}

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

it(`${users} users of one conversation come and go on two devices each, and watchers receive what changed`, async () => {
  console.log(`SEED=${seed}`)
  const random = seeded(seed)
  await using resources = new AsyncDisposableStack()
  const server = resources.use(await Deployment.start())
  const people = Array.from({ length: users }, (_, index) => new Person(`user-${index}`, () => server.webSocketUrl))
  for (const person of people) resources.use(person)
  await inParallel(people, 40, person => person.open())
  const id = await roomOf(server.url, [...watchers, ...people.map(({ name }) => name)])
  const watching = await Promise.all(
    watchers.map((name, index) =>
      Watcher.open(name, server.nodes[index % server.nodes.length]?.webSocketUrl ?? '', id),
    ),
  )
  for (const watcher of watching) resources.use(watcher)
  /** What the watchers see of those people that is not so. */
  const wrong = (ofWhom: (person: Person) => boolean) =>
    watching.flatMap(watcher =>
      people
        .filter(person => ofWhom(person) && watcher.status(person.name) !== person.status)
        .map(({ name, status }) => `${name} is ${status}, and ${watcher.status(name)} for a watcher`),
    )
  const untilRight = (ofWhom: (person: Person) => boolean, withinMs: number) =>
    until(
      () => wrong(ofWhom).length === 0,
      () => wrong(ofWhom).join(', '),
      withinMs,
    )
  await untilRight(() => true, 10_000)
  const before = watching.map(({ signals }) => signals)

  const startedAt = performance.now()
  const places = Array.from({ length: actions }, () => Math.floor(random() * users))
  // One thing at a time for each user.
  const busy = new Map<number, Promise<void>>()
  for (const [index, place] of places.entries()) {
    const dueMs = startedAt + (index / actions) * secondsOfActions * 1000 - performance.now()
    if (dueMs > 0) await after(dueMs)
    busy.set(
      place,
      (busy.get(place) ?? Promise.resolve()).then(() => people[place]?.act(random)),
    )
  }
  await Promise.all(busy.values())
  const settledAt = performance.now()
  await untilRight(({ status }) => status !== 'OFFLINE', 2000)
  const convergedMs = performance.now() - settledAt
  // That a user has left is sent after five seconds.
  await untilRight(() => true, 7000)
  const changes = people.reduce((sum, person) => sum + person.changes, 0)
  const signals = watching.map((watcher, index) => watcher.signals - (before[index] ?? 0))
  console.log(
    `${actions} actions of ${users} users changed ${changes} statuses; each watcher received ${signals.join(', ')} signals; converged ${convergedMs.toFixed(0)} ms after the last action`,
  )
  for (const count of signals) expect(count).toBeLessThanOrEqual(changes)
  expect(Math.max(...signals)).toBeGreaterThan(users / 10)
}, 180_000)
