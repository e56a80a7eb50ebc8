import { setTimeout as delay } from 'node:timers/promises'
import { unavailable } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { number } from '../../tables/codec.ts'
import { row } from '../../tables/row.ts'
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

/** Whether the data have moved to another database: from then on the file is only read, for good. */
export const isSealed = (connection: SqliteConnection): boolean => connection.rows(mark, {})[0]?.user_version === sealed

const retryMs = 1
const patienceMs = 30_000

/** A server that is busy leaves the lock free for moments only: SQLite's own waiting would come too late again and again. */
const beginOnceFree = async (connection: SqliteConnection): Promise<void> => {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return connection.execute('begin immediate')
    } catch (error) {
      if (!(error instanceof Error) || !isBusy(error.cause)) throw error
      if (performance.now() > deadline) throw unavailable('The database file did not come free for its seal.', error)
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

/** Durable once it resolves; no transaction that a server begins after that writes anything. */
export const sealFile = (file: string): Promise<void> => setMark(file, sealed)

export const reopenFile = (file: string): Promise<void> => setMark(file, open)
