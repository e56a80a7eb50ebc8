import { expect, it } from 'vitest'
import { Team } from '../server/team.ts'

it('reactionEvents completes without an error when its viewer is removed', async () => {
  await using team = await Team.start()
  const { id } = await team.send('alice', 'hello')
  const client = team.graphqlClient('bob')
  const subscription = client.iterate({
    query: 'subscription ($id: ID!) { reactionEvents(messageId: $id) { __typename } }',
    variables: { id },
  })
  await subscription.next()
  await team.ask(
    'alice',
    'mutation ($room: ID!) { removeMember(input: { conversationId: $room, userId: "bob" }) { membershipId } }',
    { room: team.room },
  )
  const errors: unknown[] = []
  for (let result = await subscription.next(); result.done !== true; result = await subscription.next())
    errors.push(...(result.value.errors ?? []))
  await client.dispose()
  expect(errors).toEqual([])
})

it('messenger.v1: with a subscription to a conversation and one to reactions in it the MemberLeft comes once', async () => {
  await using team = await Team.start()
  const { id } = await team.send('alice', 'hello')
  await using bob = await team.plain('bob')
  await bob.frame('Connected')
  bob.send({ type: 'Subscribe', conversationId: team.room })
  bob.send({ type: 'SubscribeReactions', messageId: id })
  await bob.frame('Subscribed', frame => frame.messageId === id)
  await team.ask(
    'alice',
    'mutation ($room: ID!) { removeMember(input: { conversationId: $room, userId: "bob" }) { membershipId } }',
    { room: team.room },
  )
  await bob.frame('Unsubscribed', frame => frame.messageId === id)
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(bob.frames.filter(frame => frame.type === 'MemberLeft')).toHaveLength(1)
})
