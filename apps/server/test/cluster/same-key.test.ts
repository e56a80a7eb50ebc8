import { expect, it } from 'vitest'
import { ask } from '../e2e/server/graphql-request.ts'
import { tokenFor } from '../e2e/server/running-server.ts'
import { Deployment } from '../support/deployment.ts'

const keys = 10_000
const atOnce = 50

const send = `mutation ($id: ID!, $key: String!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: "once" } }, clientMessageId: $key }) { message { id } } }`

it(`the same clientMessageId through two nodes at the same instant, ${keys} times, makes ${keys} messages`, async () => {
  await using server = await Deployment.start()
  const [first, second] = server.urls
  const token = await tokenFor('alice')
  const { createConversation } = await ask<{ createConversation: { conversation: { id: string } } }>(
    server.url,
    token,
    'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }',
  )
  const { id } = createConversation.conversation
  const sendThrough = async (url: string | undefined, key: string): Promise<string> => {
    const answer = await ask<{ sendMessage: { message: { id: string } } }>(url ?? '', token, send, { id, key })
    return answer.sendMessage.message.id
  }
  const ids = new Set<string>()
  for (let from = 0; from < keys; from += atOnce) {
    const pairs = await Promise.all(
      Array.from({ length: atOnce }, (_, index) => {
        const key = `key-${from + index}`
        return Promise.all([sendThrough(first, key), sendThrough(second, key)])
      }),
    )
    for (const [one, other] of pairs) {
      expect(one).toBe(other)
      ids.add(one)
    }
  }
  expect(ids.size).toBe(keys)
  const stored = 'SELECT count(*) AS count FROM messages WHERE conversation_id = ? AND client_message_id IS NOT NULL'
  const [row] = await server.database.rows(stored, [id])
  expect(Number(row?.count)).toBe(keys)
  const logged = 'SELECT count(*) AS count, max(sequence) AS last FROM events WHERE conversation_id = ?'
  const [log] = await server.database.rows(logged, [id])
  expect(Number(log?.count)).toBe(Number(log?.last))
  await server.database.check()
}, 240_000)
