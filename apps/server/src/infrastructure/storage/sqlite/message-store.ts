import { randomUUID } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { type MessageStore, type Refusal, unavailable } from '@cpc-messenger/messenger'
import { makePrivateFolder } from '../../files/private-files.ts'
import { migrate, requireNewest } from '../schema/migrations.ts'
import { epochOf } from '../store/epoch.ts'
import { SqlMessageStore } from '../store/message-store.ts'
import { SqliteEngine, type SqliteEngineOptions } from './engine.ts'
import { isNoDatabase } from './failure.ts'

const isFileInTheWay = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EEXIST' || error.code === 'ENOTDIR')

const noFolder = (folder: string, error: unknown): Refusal =>
  isFileInTheWay(error)
    ? unavailable(`${folder} is not a folder, or is inside a file. Name another place in DATABASE_URL.`, error)
    : unavailable(`${folder} cannot be created: this user may not create the folder in DATABASE_URL.`, error)

const openEngine = (options: SqliteEngineOptions): SqliteEngine => {
  try {
    return new SqliteEngine(options)
  } catch (error) {
    if (!(error instanceof Error) || !isNoDatabase(error.cause)) throw error
    throw unavailable(`${options.file} is not a SQLite database. Name another file in DATABASE_URL.`, error)
  }
}

/** Opens the file for a server, and creates it and its folder if they do not exist. A second server is refused. */
export const openSqliteStore = async (options: SqliteEngineOptions): Promise<MessageStore> => {
  const file = resolve(options.file)
  try {
    await makePrivateFolder(dirname(file))
  } catch (error) {
    throw noFolder(dirname(file), error)
  }
  const engine = openEngine({ ...options, file })
  try {
    if (engine.sealed) await requireNewest(engine)
    else await migrate(engine, randomUUID())
    return new SqlMessageStore(engine, await epochOf(engine))
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
}
