import pg from 'pg'
import { expect, test } from 'vitest'
import { SqlMessageStore } from '../../../src/infrastructure/storage/store/message-store.ts'
import { openPostgresHarness } from './harness.ts'

/** As the store's own connections have it. */
const planning = 'set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off'

/** Two tables hold a few rows, however much is stored: `meta`, and `receipts`. */
test('every statement of the store finds its rows by an index', async () => {
  await using harness = await openPostgresHarness()
  const { store } = harness
  if (!(store instanceof SqlMessageStore)) throw new TypeError('not a store over SQL')
  const client = new pg.Client({ connectionString: harness.url })
  await client.connect()
  try {
    await client.query(planning)
    expect(store.statements.length).toBeGreaterThan(40)
    for (const { name, sql } of store.statements) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${sql}`)
      const walks = rows.map(row => row['QUERY PLAN']).filter(step => /Seq Scan on (?!meta|receipts)/.test(step))
      expect({ name, walks }).toEqual({ name, walks: [] })
    }
  } finally {
    await client.end()
  }
})
