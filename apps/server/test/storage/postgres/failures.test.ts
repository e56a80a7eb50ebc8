import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { openPostgresStore } from '../../../src/infrastructure/storage/postgres/message-store.ts'
import { user } from '../../backend.ts'
import { type Cut, CuttingProxy } from '../../support/cutting-proxy.ts'
import { freshDatabase, PostgresServer } from '../../support/postgres.ts'
import { noChanges, Scribe } from '../scribe.ts'

const ann = user('ann')

const through = (url: string, proxy: CuttingProxy): string => {
  const passed = new URL(url)
  passed.port = String(proxy.port)
  return passed.href
}

const sendCut = async (cut: Cut) => {
  await using database = await freshDatabase()
  await using proxy = await CuttingProxy.open(Number(new URL(database.url).port))
  await using store = await openPostgresStore({ url: through(database.url, proxy) })
  const scribe = new Scribe(store)
  const room = await scribe.create({ members: [ann] })
  const { message, event } = scribe.draft(room, ann, 'on its way')
  await using batch = await store.begin([{ conversations: [room] }])
  proxy.arm('commit\0', cut)
  const changes = { ...noChanges, messages: [message], events: [event], conversations: [scribe.conversation(room)] }
  const outcome = await batch.commit(changes).then(
    () => 'committed',
    (error: unknown) => error,
  )
  const heads = await store.latest.log.heads([room])
  return { outcome, head: heads[0]?.head }
}

test('a commit whose response is lost is looked up, and is found committed', async () => {
  expect(await sendCut('after')).toEqual({ outcome: 'committed', head: 2 })
})

test('a commit that never arrived is looked up, and is found not committed', async () => {
  const { outcome, head } = await sendCut('before')
  expect(outcome).toMatchObject({ code: 'UNAVAILABLE' })
  expect(head).toBe(1)
})

test('a commit lost in a crash is reported as not committed, though another transaction got its number', async () => {
  await using server = await PostgresServer.start()
  await using proxy = await CuttingProxy.open(server.port)
  await using store = await openPostgresStore({ url: through(server.url(), proxy) })
  const scribe = new Scribe(store)
  const room = await scribe.create({ members: [ann] })
  const { message, event } = scribe.draft(room, ann, 'taken')
  const batch = await store.begin([{ conversations: [room] }])
  proxy.arm('commit\0', 'before')
  const commit = batch.commit({ ...noChanges, messages: [message], events: [event] }).catch((error: unknown) => error)
  await server.stop('kill')
  await server.start()
  // Numbers that were not persisted are given again: these renewals take them all.
  await using others = await openPostgresStore({ url: server.url() })
  for (let index = 0; index < 20; index += 1) await others.renewEpoch()
  expect(await commit).toMatchObject({ code: 'UNAVAILABLE' })
  expect(await others.latest.log.heads([room])).toEqual([{ conversationId: room, head: 1 }])
}, 60_000)

test.each(['a writer that has written before', 'a new writer'])(
  'a commit of %s that is still under way when its connection breaks is waited for',
  async which => {
    await using database = await freshDatabase()
    await using proxy = await CuttingProxy.open(Number(new URL(database.url).port))
    await using store = await openPostgresStore({ url: through(database.url, proxy) })
    const scribe = new Scribe(store)
    const room = await scribe.create({ members: [ann] })
    const { message, event } = scribe.draft(room, ann, 'on its way')
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    try {
      await using other = which === 'a new writer' ? await store.begin([{}]) : undefined
      await using batch = await store.begin([{ conversations: [room] }])
      await client.query('begin; lock table events in exclusive mode')
      proxy.arm('commit\0', 'after')
      const changes = { ...noChanges, messages: [message], events: [event], conversations: [scribe.conversation(room)] }
      let outcome: unknown
      const commit = batch.commit(changes).then(
        () => (outcome = 'committed'),
        (error: unknown) => (outcome = error),
      )
      await delay(1500)
      expect(outcome).toBe(undefined)
      await client.query('commit')
      await commit
      await other?.[Symbol.asyncDispose]()
      await delay(500)
      const [head] = await store.latest.log.heads([room])
      expect(head?.head).toBe(outcome === 'committed' ? 2 : 1)
    } finally {
      await client.end()
    }
  },
)

test('a mark that was taken before a crash covers nothing that is committed after it', async () => {
  await using server = await PostgresServer.start()
  await using store = await openPostgresStore({ url: server.url() })
  const scribe = new Scribe(store)
  const room = await scribe.create({ members: [ann] })
  for (let round = 0; round < 3; round += 1) {
    // Transactions that are rolled back have had numbers, which need not be persisted.
    for (let index = 0; index < 30; index += 1)
      await (await store.begin([{ conversations: [room] }]))[Symbol.asyncDispose]()
    const mark = await store.latest.inbox.mark()
    await server.stop('kill')
    await server.start()
    await expect
      .poll(
        () =>
          store.ping().then(
            () => 'up',
            () => 'away',
          ),
        { timeout: 10_000 },
      )
      .toBe('up')
    const message = await scribe.send(room, ann, 'after the crash')
    const [changes] = await store.latest.inbox.changesSince([{ userId: ann, since: mark }])
    expect(changes?.changed).toEqual([{ conversationId: room, after: message.sequence - 1 }])
    expect((await store.latest.inbox.joinsSince(mark, 9)).joins).toEqual([])
  }
}, 60_000)

test('after a connection stopped responding, all connections that were idle meanwhile are replaced', async () => {
  await using database = await freshDatabase()
  await using proxy = await CuttingProxy.open(Number(new URL(database.url).port))
  const responseTimeoutMs = 1500
  await using store = await openPostgresStore({ url: through(database.url, proxy), responseTimeoutMs })
  const room = await new Scribe(store).create({ members: [ann] })
  const needs = [{ conversations: [room] }]
  const reads = Promise.all(Array.from({ length: 8 }, () => store.latest.log.heads([room])))
  const batches = await Promise.all(Array.from({ length: 4 }, () => store.begin([{}])))
  await Promise.all([reads, ...batches.map(batch => batch[Symbol.asyncDispose]())])
  proxy.mute()
  const since = performance.now()
  await expect(store.latest.log.heads([room])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  for (let index = 0; index < 8; index += 1)
    expect(await store.latest.log.heads([room])).toEqual([{ conversationId: room, head: 1 }])
  await (await store.begin(needs))[Symbol.asyncDispose]()
  expect(performance.now() - since).toBeLessThan(2 * responseTimeoutMs)
})

test('while the database is down everything is soon UNAVAILABLE; afterwards the store recovers by itself', async () => {
  await using server = await PostgresServer.start()
  await using store = await openPostgresStore({ url: server.url() })
  const scribe = new Scribe(store)
  const room = await scribe.create({ members: [ann] })
  for (const how of ['fast', 'immediate', 'kill'] as const) {
    const open = await store.begin([{ conversations: [room] }])
    const before = scribe.conversation(room)
    const { message, event } = scribe.draft(room, ann, how)
    await server.stop(how)
    const started = performance.now()
    const commit = open.commit({ ...noChanges, messages: [message], events: [event] })
    await expect(Promise.race([commit, delay(15_000)])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(store.begin([{ conversations: [room] }])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(store.latest.log.heads([room])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(store.latest.log.page({ conversationId: room, after: 0, limit: 9 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    await expect(store.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(performance.now() - started).toBeLessThan(15_000)
    await server.start()
    await scribe.write({ conversations: [before] })
    const after = await scribe.send(room, ann, `after ${how}`).catch((error: unknown) => error)
    expect(after).not.toBeInstanceOf(Error)
    await scribe.write({ conversations: [scribe.conversation(room)] })
  }
}, 120_000)

test('calls to a database that is paused end with UNAVAILABLE after a timeout', async () => {
  await using server = await PostgresServer.start({ durable: false })
  await using store = await openPostgresStore({ url: server.url(), responseTimeoutMs: 1000 })
  const room = await new Scribe(store).create({ members: [ann] })
  await server.pause()
  await expect(store.latest.log.heads([room])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await expect(store.begin([{ conversations: [room] }])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await server.resume()
  expect(await store.latest.log.heads([room])).toEqual([{ conversationId: room, head: 1 }])
}, 60_000)

test('a node that is killed while it makes the schema leaves nothing half-made', async () => {
  await using database = await freshDatabase()
  const module = new URL('../../../src/infrastructure/storage/postgres/message-store.ts', import.meta.url).href
  const program = `
    const { openPostgresStore } = await import(${JSON.stringify(module)})
    console.log('starting')
    await openPostgresStore({ url: ${JSON.stringify(database.url)} })
    process.exit(0)`
  for (const afterMs of [0, 10, 20, 30, 45, 60, 80, 100]) {
    const node = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(node.stdout, 'data')
    await delay(afterMs)
    node.kill('SIGKILL')
    await once(node, 'exit')
  }
  await using store = await openPostgresStore({ url: database.url })
  const scribe = new Scribe(store)
  expect((await scribe.send(await scribe.create({ members: [ann] }), ann, 'hello')).sequence).toBe(2)
})
