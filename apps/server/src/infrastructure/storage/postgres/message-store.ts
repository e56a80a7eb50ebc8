import { randomUUID } from 'node:crypto'
import type { MessageStore } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { number } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { migrate } from '../schema/migrations.ts'
import type { SqlEngine } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { epochOf, renewEpoch } from '../store/epoch.ts'
import { SqlMessageStore } from '../store/message-store.ts'
import { commitBase, newestReceipt } from './dialect.ts'
import { PostgresEngine, type PostgresEngineOptions } from './engine.ts'
import { renewReceipts } from './receipts.ts'

/** Whether a stored commit has a number that this database has not assigned yet: then a dump of another one was loaded. */
const cameFromElsewhere = async (engine: SqlEngine): Promise<boolean> => {
  const compare = new StatementCompiler(engine.dialect).statement('whose commits')(
    row({ foreign: number }),
    () => sql`
      select cast(${newestReceipt} >= cast(pg_snapshot_xmax(pg_current_snapshot())::text as bigint) + ${commitBase}
        as integer) as "foreign"`,
  )
  return (await engine.latest.rows(compare, {}))[0]?.foreign === 1
}

/** A migration of a large database takes long, and nodes that start meanwhile wait for it. */
const migrateWithoutTimeouts = async (url: string): Promise<void> => {
  await using engine = new PostgresEngine({ url, writers: 1, readers: 1, withoutTimeouts: true })
  await migrate(engine, randomUUID())
}

/**
 * Opens the database for a server and migrates its schema. Other nodes may use it too. A database that was loaded from a dump
 * of another one gets a new epoch.
 */
export const openPostgresStore = async (options: PostgresEngineOptions): Promise<MessageStore> => {
  await migrateWithoutTimeouts(options.url)
  const engine = new PostgresEngine(options)
  try {
    const epoch = await epochOf(engine)
    const current = (await cameFromElsewhere(engine)) ? await renewEpoch(engine, epoch) : epoch
    await renewReceipts(engine)
    return new SqlMessageStore(engine, current)
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}

/** Writes a new epoch and returns it. Running nodes notice. */
export const renewPostgresEpoch = async (url: string): Promise<string> => {
  await migrateWithoutTimeouts(url)
  await using engine = new PostgresEngine({ url, writers: 1, readers: 1 })
  return await renewEpoch(engine)
}
