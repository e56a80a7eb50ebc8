import { randomUUID } from 'node:crypto'
import type { MessageStore } from '@cpc-messenger/messenger'
import { epochOf, migrate } from './migrations.ts'
import { PostgresEngine, type PostgresEngineOptions } from './postgres-engine.ts'
import { SqlMessageStore } from './sql-message-store.ts'

/** Opens the database for serving, beside other nodes, and brings its schema up to date. */
export const openPostgresStore = async (options: PostgresEngineOptions): Promise<MessageStore> => {
  const engine = new PostgresEngine(options)
  try {
    await migrate(engine, randomUUID())
    return new SqlMessageStore(engine, await epochOf(engine))
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}
