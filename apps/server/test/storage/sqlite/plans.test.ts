import { DatabaseSync } from 'node:sqlite'
import type { ConversationId } from '@cpc-messenger/messenger'
import { expect, test } from 'vitest'
import { rules } from '../../../src/infrastructure/storage/checks/check.ts'
import { compileReads } from '../../../src/infrastructure/storage/reads/store/store-reader.ts'
import { SqliteCheckSession } from '../../../src/infrastructure/storage/sqlite/check-session.ts'
import { sqliteDialect } from '../../../src/infrastructure/storage/sqlite/dialect.ts'
import { StatementCompiler } from '../../../src/infrastructure/storage/statements/statement.ts'
import { SqlMessageStore } from '../../../src/infrastructure/storage/store/message-store.ts'
import { userId } from '../named-ids.ts'
import { Scribe } from '../scribe.ts'
import { openSqliteHarness } from './harness.ts'

/** These sort a bounded number of rows: those of one user, what several indexes return, and rows that are given. */
const sorting = new Set([
  'conversations of a user',
  'followed threads',
  'unread of threads',
  'log page of a thread',
  'ids of users by search',
  'move markers',
  'move markers and end what was marked unread',
])
/** What may be walked: a set of ids given, what a subquery answered, the index of what is to be purged or erased. */
const walkable =
  /^SCAN (?:json_each|\(subquery-\d+\)|named|known|piece|replies|changes|reacted|walk|walked|counted|probe|ended|excluded|moved|wanted|CONSTANT ROW|conversations USING INDEX (?:conversations_to_purge|histories_to_erase))/

const planOf = (database: DatabaseSync, sql: string): readonly string[] =>
  database
    .prepare(`explain query plan ${sql}`)
    .all()
    .map(row => String(row.detail))

test('every statement of the store finds its rows by an index, and none of the hot ones sorts', async () => {
  await using harness = await openSqliteHarness()
  const { store } = harness
  if (!(store instanceof SqlMessageStore)) throw new TypeError('not a store over SQL')
  using database = new DatabaseSync(harness.file, { readOnly: true })
  expect(store.statements.length).toBeGreaterThan(40)
  for (const { name, sql } of store.statements) {
    const plan = planOf(database, sql)
    const walks = plan.filter(step => step.startsWith('SCAN') && !walkable.test(step))
    expect({ name, walks }).toEqual({ name, walks: [] })
    if (sorting.has(name)) continue
    expect({ name, sorts: plan.filter(step => step.includes('TEMP B-TREE')) }).toEqual({ name, sorts: [] })
  }
})

test('a full search through a partial index names the index that serves it', async () => {
  await using harness = await openSqliteHarness()
  const compiler = new StatementCompiler(sqliteDialect)
  compileReads(compiler, sqliteDialect, { find: () => undefined })
  using database = new DatabaseSync(harness.file, { readOnly: true })
  const plan = (name: string) => planOf(database, compiler.made.find(statement => statement.name === name)?.sql ?? '')
  expect(plan('log page of reactions')).toEqual([
    'SEARCH e USING INDEX reaction_events (conversation_id=? AND message_id=? AND sequence>?)',
  ])
  expect(plan('members')).toEqual([
    'SEARCH memberships USING INDEX members_in_order (conversation_id=? AND joined_sequence>?)',
  ])
  expect(plan('conversations of a user by activity')).toContain(
    'SEARCH c USING INDEX conversations_by_activity ((active_slot,id)<(?,?))',
  )
  expect(plan('conversations of a user by activity')).toContain(
    'SEARCH m USING INDEX standing_of_user (user_id=? AND conversation_id=?)',
  )
  expect(plan('shared conversations')).toEqual(
    expect.arrayContaining(['SEARCH m USING INDEX standing_of_user (user_id=? AND conversation_id>?)']),
  )
  expect(plan('members by search')).toContain(
    'SEARCH m USING INDEX members_in_order (conversation_id=? AND joined_sequence>?)',
  )
  expect(plan('users by id')).toContain(
    'SEARCH users USING INDEX users_in_order_of_id ((folded_id,id)>(?,?) AND folded_id<?)',
  )
  expect(plan('channels')).toEqual([
    'SEARCH conversations USING INDEX channels_by_name ((folded_name,id)>(?,?) AND folded_name<?)',
  ])
})

test('a check streams: it sorts nothing', async () => {
  await using harness = await openSqliteHarness()
  using database = new DatabaseSync(harness.file, { readOnly: true })
  using session = new SqliteCheckSession(harness.file)
  for (const { kind, sql } of rules) {
    const text = typeof sql === 'string' ? sql : sql(session.ruleDialect)
    const sorts = planOf(database, text).filter(step => /TEMP B-TREE|AUTOMATIC|MATERIALIZE/.test(step))
    expect({ kind, sorts }).toEqual({ kind, sorts: [] })
  }
})

/** The median time of each read, in turns, so that what else the machine does weighs on all alike. */
const mediansOf = async (reads: readonly (() => Promise<unknown>)[]): Promise<readonly number[]> => {
  const times = reads.map((): number[] => [])
  for (let round = 0; round < 201; round += 1)
    for (const [index, read] of reads.entries()) {
      const start = performance.now()
      await read()
      times[index]?.push(performance.now() - start)
    }
  return times.map(list => list.toSorted((one, other) => one - other)[100] ?? 0)
}

test('a page costs the same at any depth, in a conversation of a hundred messages and of fifty thousand', async () => {
  await using harness = await openSqliteHarness()
  const scribe = new Scribe(harness.store)
  const ann = userId('ann')
  const small = await scribe.create({ members: [ann] })
  const large = await scribe.create({ members: [ann] })
  await scribe.sendMany(small, ann, 100)
  for (let written = 0; written < 50_000; written += 5000) await scribe.sendMany(large, ann, 5000)
  const { latest } = harness.store
  const page = (conversationId: ConversationId, before: number) => () =>
    latest.messages.timeline({ conversationId, before, end: 'newest', limit: 50 })
  const log = (conversationId: ConversationId, after: number) => () =>
    latest.log.page({ conversationId, after, limit: 50, viewerId: ann })
  const depths = [60, 25_000, 49_900]
  const [smallPage = 0, ...pages] = await mediansOf([page(small, 60), ...depths.map(depth => page(large, depth))])
  for (const time of pages) expect(time).toBeLessThan(smallPage * 4)
  const [smallLog = 0, ...logs] = await mediansOf([log(small, 40), ...depths.map(depth => log(large, depth))])
  for (const time of logs) expect(time).toBeLessThan(smallLog * 4)
})
