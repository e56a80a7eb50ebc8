import { dirname, resolve } from 'node:path'
import type { MessageStore } from '@cpc-messenger/messenger'
import type { KeyPlace } from './infrastructure/auth/own-key.ts'
import { isOpenToAll } from './infrastructure/files/private-files.ts'
import type { DatabaseLocation } from './settings.ts'

interface StoreObservers {
  readonly onRead?: () => void
  /** Called with the number of statements of each transaction. */
  readonly onWrite?: (statements: number) => void
}

/** Opens the store and migrates its schema. Modules of other engines are not loaded. */
export const openStore = async (database: DatabaseLocation, observers: StoreObservers = {}): Promise<MessageStore> => {
  if (database.kind === 'sqlite') {
    const { openSqliteStore } = await import('./infrastructure/storage/sqlite/message-store.ts')
    return openSqliteStore({ file: database.file, ...observers })
  }
  const { openPostgresStore } = await import('./infrastructure/storage/postgres/message-store.ts')
  return openPostgresStore({ url: database.url, ...observers })
}

/** Overwrites what was erased without blocking the event loop; undefined if the database does that itself. */
export const scrubOf = (database: DatabaseLocation): ((signal: AbortSignal) => Promise<object>) | undefined => {
  if (database.kind !== 'sqlite') return undefined
  const { file } = database
  return async signal => {
    const { scrubInProcess } = await import('./infrastructure/storage/maintenance/scrub-in-process.ts')
    return scrubInProcess(file, signal)
  }
}

/** The host of the database if it is reached over a network without TLS. */
export const hostInTheClearOf = async (database: DatabaseLocation): Promise<string | undefined> => {
  if (database.kind === 'sqlite') return undefined
  const { hostInTheClear } = await import('./infrastructure/storage/postgres/encryption.ts')
  return hostInTheClear(database.url)
}

/** The folder of the database file if every user of the machine may write to it. */
export const folderOpenToAll = (database: DatabaseLocation): string | undefined => {
  if (database.kind !== 'sqlite') return undefined
  const folder = dirname(resolve(database.file))
  return isOpenToAll(folder) ? folder : undefined
}

/** The place of the server's own key: beside the database file, or in the database that the nodes share. */
export const keyPlaceOf = async (database: DatabaseLocation): Promise<KeyPlace> => {
  if (database.kind === 'sqlite') {
    const { ownKeyFile } = await import('./infrastructure/auth/own-key-file.ts')
    return ownKeyFile(database.file)
  }
  const { postgresKeyStore } = await import('./infrastructure/storage/postgres/key-store.ts')
  return postgresKeyStore(database.url)
}

/** The name of the database for messages, without the password. */
export const nameOfDatabase = (database: DatabaseLocation): string => {
  if (database.kind === 'sqlite') return database.file
  const url = new URL(database.url)
  return `${url.protocol}//${url.host}${url.pathname}`
}
