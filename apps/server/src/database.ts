import { dirname, resolve } from 'node:path'
import type { MessageStore } from '@cpc-messenger/messenger'
import type { KeyPlace } from './infrastructure/auth/own-key.ts'
import { isOpenToAll } from './infrastructure/files/private-files.ts'
import type { DatabaseLocation } from './settings.ts'

export interface StoreObservers {
  readonly onRead?: () => void
  /** Called with how many statements a transaction ran. */
  readonly onWrite?: (statements: number) => void
}

/** Opens the store, its schema brought up to date. What another engine needs is not even loaded. */
export const openStore = async (database: DatabaseLocation, observers: StoreObservers = {}): Promise<MessageStore> => {
  if (database.kind === 'sqlite') {
    const { openSqliteStore } = await import('./infrastructure/storage/sqlite/message-store.ts')
    return openSqliteStore({ file: database.file, ...observers })
  }
  const { openPostgresStore } = await import('./infrastructure/storage/postgres/message-store.ts')
  return openPostgresStore({ url: database.url, ...observers })
}

/** The host whose database would be reached without TLS over a network, if there is one. */
export const hostInTheClearOf = async (database: DatabaseLocation): Promise<string | undefined> => {
  if (database.kind === 'sqlite') return undefined
  const { hostInTheClear } = await import('./infrastructure/storage/postgres/encryption.ts')
  return hostInTheClear(database.url)
}

/** The folder of the database's file, if everybody may write into it. */
export const folderOpenToAll = (database: DatabaseLocation): string | undefined => {
  if (database.kind !== 'sqlite') return undefined
  const folder = dirname(resolve(database.file))
  return isOpenToAll(folder) ? folder : undefined
}

/** Where the server's own key lies: beside a file, or in the database that nodes share. */
export const keyPlaceOf = async (database: DatabaseLocation): Promise<KeyPlace> => {
  if (database.kind === 'sqlite') {
    const { ownKeyFile } = await import('./infrastructure/auth/own-key-file.ts')
    return ownKeyFile(database.file)
  }
  const { postgresKeyPlace } = await import('./infrastructure/storage/postgres/key-store.ts')
  return postgresKeyPlace(database.url)
}

/** The database as a person may read it: without the password. */
export const nameOfDatabase = (database: DatabaseLocation): string => {
  if (database.kind === 'sqlite') return database.file
  const url = new URL(database.url)
  return `${url.protocol}//${url.host}${url.pathname}`
}
