import pg from 'pg'
import { expect, test } from 'vitest'
import { renewPostgresEpoch } from '../../src/infrastructure/storage/postgres-message-store.ts'
import { freshDatabase } from '../support/postgres.ts'
import { Client } from '../websocket/client.ts'
import { ask } from './graphql-request.ts'
import { RunningServer, tokenFor } from './running-server.ts'

const createGroup = 'mutation { createConversation(input: { kind: GROUP, name: "a room" }) { conversation { id } } }'
const send = (id: string, text: string): string =>
  `mutation { sendMessage(input: { conversationId: "${id}", content: { text: { text: "${text}" } } }) { message { sequence } } }`

const connect = async (server: RunningServer) => {
  const client = await Client.open(server.url, { headers: { authorization: `Bearer ${await tokenFor('ann')}` } })
  return { client, epoch: (await client.next('Connected')).epoch }
}

const untilNewEpoch = async (server: RunningServer, epoch: string): Promise<void> => {
  const deadline = Date.now() + 15_000
  while (Date.now() < deadline) {
    const now = await connect(server).catch(() => undefined)
    now?.client.socket.close()
    if (now !== undefined && now.epoch !== epoch) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('the server kept its epoch')
}

const lose = {
  'is given a new epoch': async (url: string) => void (await renewPostgresEpoch(url)),
  'lost its newest commits': async (url: string) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query(`
        with gone as (delete from events where sequence = (select max(last_sequence) from conversations) returning *)
        update conversations set last_sequence = last_sequence - 1 where id in (select conversation_id from gone)`)
    } finally {
      await client.end()
    }
  },
}

test.each(Object.entries(lose))(
  'a database that %s under a running server: clients are told RESYNC',
  async (_, change) => {
    await using database = await freshDatabase()
    await using server = await RunningServer.start({ environment: { DATABASE_URL: database.url } })
    const token = await tokenFor('ann')
    const created = await ask(server.url, token, createGroup)
    const id = String(/conv_\w+/.exec(JSON.stringify(created)))
    const { client, epoch } = await connect(server)
    client.send({ type: 'Subscribe', conversationId: id as never })
    await client.next('Subscribed')
    await ask(server.url, token, send(id, 'one'))
    const { sequence } = await client.until('MessageCreated')
    await change(database.url)
    expect(await client.closed).toMatchObject({ code: 1001 })
    await untilNewEpoch(server, epoch)
    const after = await connect(server)
    after.client.send({ type: 'Subscribe', conversationId: id as never, after: sequence, epoch })
    expect(await after.client.until('Error')).toMatchObject({ code: 'RESYNC' })
    after.client.socket.close()
  },
  60_000,
)
