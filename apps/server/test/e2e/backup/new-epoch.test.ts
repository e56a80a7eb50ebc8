import pg from 'pg'
import { expect, test } from 'vitest'
import { renewPostgresEpoch } from '../../../src/infrastructure/storage/postgres/message-store.ts'
import { CutProxy } from '../../cluster/cut-proxy.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'
import { Client } from '../../websocket/client.ts'
import { ask } from '../server/graphql-request.ts'
import { RunningServer, tokenFor } from '../server/running-server.ts'

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
  'a database that %s under a running server: clients get RESYNC',
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

/** A server whose database got a new epoch, and was disconnected before the server could start again on it. */
const restartingWithoutDatabase = async (url: string) => {
  await using resources = new AsyncDisposableStack()
  const target = new URL(url)
  let line = resources.use(await CutProxy.listen(Number(target.port)))
  const { port } = line
  target.port = String(port)
  // The database is disconnected during the drain notice.
  const environment = { DATABASE_URL: target.href, DRAIN_NOTICE_SECONDS: '2' }
  const server = resources.use(await RunningServer.start({ environment }))
  await renewPostgresEpoch(url)
  await until(() => server.output.includes('another epoch'), 'the server has noticed')
  line.drop()
  await line[Symbol.asyncDispose]()
  await until(() => server.output.includes('Cannot start again yet'), 'the first attempt failed', 20_000)
  const owned = resources.move()
  return {
    server,
    async bringBack() {
      line = owned.use(await CutProxy.listen(Number(new URL(url).port), port))
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  }
}

test('a server whose database is unavailable at its restart starts once the database is back', async () => {
  await using database = await freshDatabase()
  await using setting = await restartingWithoutDatabase(database.url)
  const { server } = setting
  expect(server.output).not.toContain('The database is back.')
  await setting.bringBack()
  await until(() => server.output.includes('The database is back.'), 'the server runs again', 20_000)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  expect(server.output.match(/Cannot start again yet/g)).toHaveLength(1)
  expect(await server.stop()).toBe(0)
}, 60_000)

test('a server that waits for its database to start again is stopped at once', async () => {
  await using database = await freshDatabase()
  await using setting = await restartingWithoutDatabase(database.url)
  const before = performance.now()
  expect(await setting.server.stop()).toBe(0)
  expect(performance.now() - before).toBeLessThan(1500)
}, 60_000)
