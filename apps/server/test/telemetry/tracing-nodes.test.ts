import { describe, expect, it } from 'vitest'
import { ask } from '../e2e/server/graphql-request.ts'
import { RunningServer, tokenFor } from '../e2e/server/running-server.ts'
import { NatsServer, skipWithoutNats } from '../support/nats-server.ts'
import { freshDatabase } from '../support/postgres.ts'
import { until } from '../support/until.ts'
import { Client } from '../websocket/client.ts'
import { attributesOf, TraceCollector } from './trace-collector.ts'

interface Created {
  readonly createConversation: { readonly conversation: { readonly id: string } }
}

const creating = 'mutation { createConversation(input: {kind: GROUP, name: "a room"}) { conversation { id } } }'
const sending = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'

const isUp = async ({ url }: RunningServer): Promise<boolean> =>
  (await (await fetch(`${url}/metrics`)).text()).includes('messenger_bus_up 1\n')

describe.skipIf(skipWithoutNats())('a trace', () => {
  it('leads to the delivery on another node', async () => {
    await using collector = await TraceCollector.open()
    await using nats = await NatsServer.start()
    await using database = await freshDatabase()
    const node = (name: string): Promise<RunningServer> =>
      RunningServer.start({
        environment: {
          DATABASE_URL: database.url,
          NATS_URL: nats.url,
          OTEL_SERVICE_NAME: name,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          OTEL_BSP_SCHEDULE_DELAY: '50',
        },
      })
    await using one = await node('one')
    await using other = await node('other')
    await until(async () => (await isUp(one)) && (await isUp(other)), 'both are connected to the bus', 10_000)
    const token = await tokenFor('alice')
    const { createConversation } = await ask<Created>(one.url, token, creating)
    const conversationId = createConversation.conversation.id
    const client = await Client.open(other.url, { headers: { authorization: `Bearer ${token}` } })
    await client.next('Connected')
    client.send({ type: 'Subscribe', id: 's', conversationId })
    await client.next('Subscribed')
    await ask(one.url, token, sending, { input: { conversationId, content: { text: { text: 'hello' } } } })
    await client.until('MessageCreated')
    const command = await collector.only('command sendMessage')
    const delivery = await collector.only('deliver')
    expect(delivery).toMatchObject({ traceId: command.traceId, parentSpanId: command.spanId })
    expect(attributesOf(delivery).get('messenger.handed')).toBe(1)
    expect(collector.serviceOf(command)).toBe('one')
    expect(collector.serviceOf(delivery)).toBe('other')
    client.socket.close()
  }, 60_000)
})
