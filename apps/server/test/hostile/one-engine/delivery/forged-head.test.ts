import { connect } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { ask } from '../../../e2e/server/graphql-request.ts'
import { RunningServer, tokenFor } from '../../../e2e/server/running-server.ts'
import { NatsServer, skipWithoutNats } from '../../../support/nats-server.ts'
import { freshDatabase } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'
import { Client } from '../../../websocket/client.ts'

interface Created {
  readonly createConversation: { readonly conversation: { readonly id: string } }
}

const create = 'mutation { createConversation(input: { kind: GROUP, name: "room" }) { conversation { id } } }'
const send = (id: string, text: string) =>
  `mutation { sendMessage(input: { conversationId: "${id}", content: { text: { text: "${text}" } } }) { message { id } } }`

const epochOf = async (url: string, token: string): Promise<string> =>
  (await ask<{ server: { logEpoch: string } }>(url, token, '{ server { logEpoch } }')).server.logEpoch

const ignored = async ({ url }: RunningServer): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^messenger_bus_ignored_total (\d+)$/m.exec(text)?.[1])
}

describe.skipIf(skipWithoutNats())('an outsider on the NATS server of two nodes', () => {
  it('makes no new epoch with one line of JSON, and does not know the subjects from the epoch', async () => {
    await using nats = await NatsServer.start()
    await using database = await freshDatabase()
    const environment = { DATABASE_URL: database.url, NATS_URL: nats.url }
    await using one = await RunningServer.start({ environment })
    await using other = await RunningServer.start({ environment })
    const outsider = await connect({ servers: `${nats.host}:${nats.port}` })
    await using _closed = { [Symbol.asyncDispose]: () => outsider.close() }
    const subjects = new Set<string>()
    outsider.subscribe('messenger.>', { callback: (_, { subject }) => void subjects.add(subject) })
    await outsider.flush()
    const token = await tokenFor('ann')
    const id = (await ask<Created>(one.url, token, create)).createConversation.conversation.id
    const epoch = await epochOf(one.url, token)
    const ann = await Client.open(other.url, { headers: { authorization: `Bearer ${token}` } })
    ann.send({ type: 'Subscribe', conversationId: id as never })
    await ann.next('Connected')
    await ann.until('Subscribed')
    await until(() => [...subjects].some(subject => subject.endsWith(id)), 'the subject of the conversation')
    for (const subject of subjects) expect(subject).not.toContain(epoch.replaceAll('-', '').slice(0, 12))
    const line = JSON.stringify({ format: 1, conversationId: id, head: 2_147_483_647 })
    for (const subject of subjects) if (subject.endsWith(id)) outsider.publish(subject, line)
    await until(async () => (await ignored(other)) > 0, 'it is ignored and counted')
    await ask(one.url, token, send(id, 'after it'))
    expect(await ann.until('MessageCreated')).toMatchObject({ message: { content: { text: 'after it' } } })
    expect([await epochOf(one.url, token), await epochOf(other.url, token)]).toEqual([epoch, epoch])
    ann.socket.close()
  }, 60_000)
})
