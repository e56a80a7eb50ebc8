import { expect, it } from 'vitest'
import { ask } from '../e2e/server/graphql-request.ts'
import { tokenFor } from '../e2e/server/running-server.ts'
import { FaultyCluster } from './faulty-cluster.ts'
import { Follower, type FollowerProtocol } from './follower.ts'

const withinMs = 5000
const protocols: readonly FollowerProtocol[] = ['graphql-transport-ws', 'messenger.v1']

const send = `mutation ($id: ID!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: "the last words" } } }) { message { id sequence } } }`

interface Sent {
  readonly sendMessage: { readonly message: { readonly sequence: number } }
}

it('a node is killed between commit and announcement: the others tell their subscribers within 5 s', async () => {
  await using cluster = await FaultyCluster.start()
  const [first, ...others] = cluster.members
  if (first === undefined) throw new TypeError('no node')
  const token = await tokenFor('alice')
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    first.node.url,
    token,
    'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }',
  )
  const { id } = createConversation.conversation
  const followers = others.flatMap(({ node }) =>
    protocols.map(
      protocol =>
        new Follower({ userId: 'alice', token, conversationId: id, protocol, anyNode: () => node.webSocketUrl }),
    ),
  )
  const allHave = (sequence: number): boolean => followers.every(({ last }) => last === sequence)
  for (let round = 0; round < 3; round += 1) {
    const { sendMessage: sent } = await ask<Sent>(first.node.url, token, send, { id })
    await expect.poll(() => allHave(sent.message.sequence), { timeout: 10_000, interval: 5 }).toBe(true)
    // What it announces from now on goes nowhere, and it dies before it can say it again.
    first.line.cut()
    const { sendMessage: unannounced } = await ask<Sent>(first.node.url, token, send, { id })
    const answeredAt = Date.now()
    await first.node.kill()
    first.line.drop()
    expect(followers.some(({ last }) => last === unannounced.message.sequence)).toBe(false)
    await expect.poll(() => allHave(unannounced.message.sequence), { timeout: withinMs + 5000, interval: 5 }).toBe(true)
    const slowest = Math.max(...followers.map(({ events }) => events.at(-1)?.receivedAt ?? Number.NaN)) - answeredAt
    console.log(`delivered ${slowest} ms after the answer`)
    expect(slowest).toBeLessThan(withinMs)
    first.line.heal()
    await first.node.start()
  }
  for (const follower of followers) {
    await follower.stop()
    expect(follower.violations).toEqual([])
  }
}, 120_000)
