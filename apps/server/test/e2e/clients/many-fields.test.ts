import { expect, it } from 'vitest'
import { Deployment } from '../../support/deployment.ts'
import { ask } from '../server/graphql-request.ts'
import { tokenFor } from '../server/running-server.ts'

const rooms = 24
const fields = 4

const create = 'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }'
const send = `mutation ($id: ID!) {
  sendMessage(input: { conversationId: $id, content: { text: { text: "hello" } } }) { message { id } } }`
const shown = 'message { version author { id } conversation { id lastSequence } reactions { emoji } }'
const edit = (id: string, index: number): string => `
  f${index}: updateMessage(input: { messageId: "${id}", content: { text: { text: "edited" } } }) { ${shown} }`

it('many mutations of many fields at once are all answered, though each reads and writes in turn', async () => {
  await using server = await Deployment.start()
  const token = await tokenFor('alice')
  const [writing] = server.nodes
  const editing = server.nodes.at(-1)
  if (writing === undefined || editing === undefined) throw new TypeError('no node')
  const sent = await Promise.all(
    Array.from({ length: rooms }, async () => {
      const { createConversation: made } = await ask<{ createConversation: { conversation: { id: string } } }>(
        writing.url,
        token,
        create,
      )
      const messages = Array.from({ length: fields }, () =>
        ask<{ sendMessage: { message: { id: string } } }>(writing.url, token, send, made.conversation),
      )
      return (await Promise.all(messages)).map(({ sendMessage: { message } }) => message.id)
    }),
  )
  const since = performance.now()
  const edited = await Promise.all(
    sent.map(ids => ask<Record<string, unknown>>(editing.url, token, `mutation { ${ids.map(edit).join('')} }`)),
  )
  expect(performance.now() - since).toBeLessThan(4000)
  for (const answer of edited)
    expect(Object.values(answer)).toEqual(
      Array.from({ length: fields }, () => ({ message: expect.objectContaining({ version: 2 }) })),
    )
})
