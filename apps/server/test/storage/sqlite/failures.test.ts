import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { newUser } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { migrate } from '../../../src/infrastructure/storage/schema/migrations.ts'
import { SqliteConnection } from '../../../src/infrastructure/storage/sqlite/connection.ts'
import { SqliteEngine, type SqliteEngineOptions } from '../../../src/infrastructure/storage/sqlite/engine.ts'
import { SqliteTransaction } from '../../../src/infrastructure/storage/sqlite/transaction.ts'
import { StatementCompiler } from '../../../src/infrastructure/storage/statements/statement.ts'
import { SqlMessageStore } from '../../../src/infrastructure/storage/store/message-store.ts'
import { conversationId, userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import { temporaryFile } from './harness.ts'

const ann = userId('ann')

const openEngine = async (options: Partial<SqliteEngineOptions> = {}) => {
  const place = await temporaryFile()
  await mkdir(dirname(place.file))
  const engine = new SqliteEngine({ file: place.file, ...options })
  await migrate(engine, 'epoch')
  const store = new SqlMessageStore(engine, 'epoch')
  return {
    engine,
    store,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

/** Runs a statement on the writing connection, outside any batch's own. */
const onWriter = async (engine: SqliteEngine, text: string): Promise<void> => {
  await using transaction = await engine.begin()
  const compiler = new StatementCompiler(engine.dialect)
  await transaction.run(
    compiler.command('test')(() => sql.raw(text)),
    {},
  )
  await transaction.commit()
}

test('a full disk refuses with UNAVAILABLE, writes nothing of the batch, and is over when there is room', async () => {
  await using opened = await openEngine()
  const { engine, store } = opened
  const scribe = new Scribe(store)
  const group = await scribe.create({ members: [ann] })
  const before = scribe.conversation(group)
  await onWriter(engine, 'pragma max_page_count = 40')
  const full = scribe.send(group, ann, 'x'.repeat(400_000))
  await expect(full).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: expect.any(Error) })
  expect(await store.latest.log.page({ conversationId: group, after: 0, limit: 10 })).toMatchObject({ head: 1 })
  expect(await store.latest.conversations.byIds([group])).toEqual([before])
  await onWriter(engine, 'pragma max_page_count = 4294967294')
  await scribe.user(ann)
  expect(await store.latest.users.byIds([ann])).toHaveLength(1)
})

test('snapshots beyond the limit wait for one to end, and are refused when none does in time', async () => {
  await using opened = await openEngine({ snapshotLimit: 2, snapshotWaitMs: 50 })
  const { store } = opened
  const first = store.snapshot()
  await first.log.heads([])
  await using second = store.snapshot()
  await second.log.heads([])
  await using third = store.snapshot()
  const waiting = third.log.heads([conversationId(1)])
  await first[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  expect(await waiting).toEqual([])
  await expect(store.snapshot().log.heads([])).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(await store.latest.log.heads([])).toEqual([])
})

test('a snapshot that was disposed of answers no more', async () => {
  await using opened = await openEngine()
  const snapshot = opened.store.snapshot()
  await snapshot[Symbol.asyncDispose]()
  await expect(snapshot.log.heads([])).rejects.toThrow(TypeError)
})

test('a closed store refuses everything with UNAVAILABLE, and its commit has ended before', async () => {
  await using opened = await openEngine()
  const { store } = opened
  const batch = await store.begin([])
  const closing = store[Symbol.asyncDispose]()
  await batch[Symbol.asyncDispose]()
  await closing
  const unavailable = { code: 'UNAVAILABLE' }
  await expect(store.begin([])).rejects.toMatchObject(unavailable)
  await expect(store.snapshot().log.heads([])).rejects.toMatchObject(unavailable)
  await expect(store.latest.log.heads([])).rejects.toMatchObject(unavailable)
  await expect(store.ping()).rejects.toMatchObject(unavailable)
  await expect(store.purge(1)).rejects.toMatchObject(unavailable)
})

test('a mistake in the changes is thrown as it is and undone', async () => {
  await using opened = await openEngine()
  const scribe = new Scribe(opened.store)
  const group = await scribe.create({ members: [ann] })
  const { event } = scribe.draft(group, ann, 'twice under one sequence')
  const mistaken = scribe.write({ users: [newUser(ann, 1)], events: [event, event] })
  await expect(mistaken).rejects.toMatchObject({ code: 'ERR_SQLITE_ERROR' })
  expect(await opened.store.latest.users.byIds([ann])).toEqual([])
  await scribe.user(ann)
})

test('each query that a reader answers is counted, what a batch loads is not', async () => {
  let reads = 0
  await using opened = await openEngine({
    onRead: () => {
      reads += 1
    },
  })
  const { store } = opened
  await store.latest.log.heads([])
  await store.latest.users.byIds([ann])
  expect(reads).toBe(2)
  await using snapshot = store.snapshot()
  // Who of them has so many conversations that they are read in pieces, the conversations, and the mark.
  await snapshot.inbox.ofUsers([ann])
  expect(reads).toBe(5)
  await using _batch = await store.begin([{ users: [ann] }])
  expect(reads).toBe(5)
})

test('a transaction that cannot be undone gives its connection up', async () => {
  await using place = await temporaryFile()
  await mkdir(dirname(place.file))
  const connection = new SqliteConnection({ file: place.file, readOnly: false, pragmas: [] })
  const endings: string[] = []
  const transaction = new SqliteTransaction(connection, {
    ran: () => undefined,
    ended: () => endings.push('ended'),
    broken: () => endings.push('broken'),
  })
  connection[Symbol.dispose]()
  await expect(transaction.commit()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  await transaction[Symbol.asyncDispose]()
  expect(endings).toEqual(['broken', 'ended'])
})
