import { setTimeout as after } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ask } from '../e2e/server/graphql-request.ts'
import { tokenFor } from '../e2e/server/running-server.ts'
import { Deployment } from '../support/deployment.ts'
import { Follower, type FollowerProtocol } from './follower.ts'

const perSecond = 200
const protocols: readonly FollowerProtocol[] = ['graphql-transport-ws', 'messenger.v1']

const create = `mutation { createConversation(input: { kind: GROUP, name: "room", memberIds: ["bob"] }) { conversation { id } } }`
const send = `mutation ($id: ID!, $text: String!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: $text } } }) { message { id } } }`
const remove = `mutation ($id: ID!) { removeMember(input: { conversationId: $id, userId: "bob" }) { membershipId } }`

/** Sends at a constant rate, however long the answers take, through one node after the other. */
const flow = (server: Deployment, token: string, id: string) => {
  const startedAt = performance.now()
  const sends: Promise<unknown>[] = []
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * perSecond
    while (sends.length < due) sends.push(ask(server.url, token, send, { id, text: `message ${sends.length}` }))
  }, 5)
  return {
    async stop(): Promise<number> {
      clearInterval(timer)
      await Promise.all(sends)
      return (sends.length / (performance.now() - startedAt)) * 1000
    },
  }
}

it(`a user who is removed while ${perSecond} messages a second flow gets nothing later, on none of three nodes`, async () => {
  await using server = await Deployment.start()
  const [alice, bob] = await Promise.all([tokenFor('alice'), tokenFor('bob')])
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    server.url,
    alice,
    create,
  )
  const { id } = createConversation.conversation
  const follow = (userId: string, token: string) =>
    server.nodes.flatMap(node =>
      protocols.map(
        protocol => new Follower({ userId, token, conversationId: id, protocol, anyNode: () => node.webSocketUrl }),
      ),
    )
  const stays = follow('alice', alice)
  const goes = follow('bob', bob)
  const flowing = flow(server, alice, id)
  await expect.poll(() => [...stays, ...goes].every(({ last }) => last > perSecond), { timeout: 20_000 }).toBe(true)
  await ask(server.url, alice, remove, { id })
  await after(2000)
  const rate = await flowing.stop()

  const [left] = await server.database.rows(
    "SELECT sequence FROM events WHERE conversation_id = ? AND type = 'MemberLeft'",
    [id],
  )
  const [head] = await server.database.rows('SELECT max(sequence) AS last FROM events WHERE conversation_id = ?', [id])
  const leftAt = Number(left?.sequence)
  await expect.poll(() => stays.every(({ last }) => last === Number(head?.last)), { timeout: 10_000 }).toBe(true)
  await Promise.all([...stays, ...goes].map(follower => follower.stop()))
  console.log(`${rate.toFixed(0)} messages a second; ${Number(head?.last) - leftAt} events after the removal`)
  expect(rate).toBeGreaterThan(perSecond * 0.8)
  expect(Number(head?.last)).toBeGreaterThan(leftAt + perSecond)
  for (const { events, violations } of goes) {
    expect(violations).toEqual([])
    expect(events.at(-1)?.sequence).toBeLessThanOrEqual(leftAt)
    expect(events.length).toBeGreaterThan(perSecond)
  }
  for (const { violations } of stays) expect(violations).toEqual([])
}, 90_000)
