import { randomUUID } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { type MessageStore, unavailable } from '@cpc-messenger/messenger'
import { makePrivateFolder } from '../private-files.ts'
import { epochOf } from './epoch.ts'
import { migrate, requireNewest } from './migrations.ts'
import { SqlMessageStore } from './sql-message-store.ts'
import { SqliteEngine, type SqliteEngineOptions } from './sqlite-engine.ts'

/** Opens the file for serving, and makes it and its directory where there is none. A second server is refused. */
export const openSqliteStore = async (options: SqliteEngineOptions): Promise<MessageStore> => {
  const file = resolve(options.file)
  try {
    await makePrivateFolder(dirname(file))
  } catch (error) {
    throw unavailable(
      `${dirname(file)} cannot be made: DATABASE_URL names a folder that this user may not make.`,
      error,
    )
  }
  const engine = new SqliteEngine({ ...options, file })
  try {
    if (engine.sealed) await requireNewest(engine)
    else await migrate(engine, randomUUID())
    return new SqlMessageStore(engine, await epochOf(engine))
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}
