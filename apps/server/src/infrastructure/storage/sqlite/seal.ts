import { setTimeout as delay } from 'node:timers/promises'
import { unavailable } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { number } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { SqliteConnection } from './connection.ts'
import { sqliteDialect } from './dialect.ts'
import { isBusy } from './failure.ts'

/** Kept in the file's header, which every transaction reads. */
const open = 0
const sealed = 1

const mark = new StatementCompiler(sqliteDialect).statement('seal')(
  row({ user_version: number }),
  () => sql`pragma user_version`,
)

/** Whether the data was moved to another database: the file is then read-only for good. */
export const isSealed = (connection: SqliteConnection): boolean => connection.rows(mark, {})[0]?.user_version === sealed

const retryMs = 1
const maxWaitMs = 30_000

/** A busy server releases the lock only briefly, and the busy handler of SQLite polls too slowly to acquire it. */
const beginOnceFree = async (connection: SqliteConnection): Promise<void> => {
  const deadline = performance.now() + maxWaitMs
  for (;;) {
    try {
      return connection.execute('begin immediate')
    } catch (error) {
      if (!(error instanceof Error) || !isBusy(error.cause)) throw error
      if (performance.now() > deadline)
        throw unavailable('The database file was locked by a server for too long to be sealed.', error)
    }
    await delay(retryMs)
  }
}

const setMark = async (file: string, value: number): Promise<void> => {
  using connection = new SqliteConnection({
    file,
    readOnly: false,
    pragmas: ['synchronous = full', 'busy_timeout = 0'],
  })
  await beginOnceFree(connection)
  connection.execute(`pragma user_version = ${value}`)
  connection.execute('commit')
}

/** The seal is durable once this resolves. Transactions that begin later cannot write. */
export const sealFile = (file: string): Promise<void> => setMark(file, sealed)

export const reopenFile = (file: string): Promise<void> => setMark(file, open)
