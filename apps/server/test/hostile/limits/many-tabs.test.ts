import { expect, it } from 'vitest'
import { tokenFor } from '../../e2e/server/running-server.ts'
import { numbers } from '../clients/filling.ts'
import { graphql } from '../clients/graphql.ts'
import { GraphQLTransport, HttpTransport } from '../clients/transports.ts'
import { WholeServer } from '../clients/whole-server.ts'

const tabs = 50
const conversations = 8

const create = 'mutation { createConversation(input: { kind: GROUP }) { conversation { id } } }'
const list = '{ conversations(first: 100) { edges { node { id name lastMessage { id } } } } }'
const inbox = 'subscription { inboxEvents { __typename } }'
const byId = 'subscription($id: ID!) { conversationEvents(conversationId: $id) { __typename } }'
const messages = 'query($id: ID!) { conversation(id: $id) { messages(last: 50) { edges { node { id } } } } }'
const newest = '{ conversations(first: 100) { edges { node { id } } } }'

it('50 tabs of one user, each with 9 subscriptions and 10 queries, reopen twice at once and nothing is refused', async () => {
  await using server = await WholeServer.start()
  const token = await tokenFor('ann')
  const http = new HttpTransport(server.url, token)
  for (const _ of numbers(conversations)) expect(await http.ask(create)).toMatchObject({ code: 'OK' })
  const ids = await conversationsOf(server.url, token)
  expect(ids).toHaveLength(conversations)

  const reopen = async () => {
    const { transport, outcome } = await GraphQLTransport.open(server.url, token)
    const asked = [
      transport.ask(inbox),
      ...ids.map(id => transport.ask(byId, { id })),
      ...ids.map(id => transport.ask(messages, { id })),
      http.ask(list),
      http.ask('{ viewer { user { id } } }'),
    ]
    return { transport, outcomes: [outcome, ...(await Promise.all(asked))] }
  }
  for (const _ of numbers(2)) {
    const opened = await Promise.all(numbers(tabs).map(reopen))
    const refused = opened.flatMap(({ outcomes }) => outcomes).filter(({ code }) => code !== 'OK')
    expect(refused).toEqual([])
    for (const { transport } of opened) transport.cut()
    await Promise.all(opened.map(({ transport }) => transport.closed))
  }
}, 60_000)

const conversationsOf = async (url: string, token: string): Promise<readonly string[]> => {
  const { conversations } = await graphql<{ conversations: { edges: readonly { node: { id: string } }[] } }>(
    url,
    token,
    newest,
  )
  return conversations.edges.map(({ node }) => node.id)
}
