import { existsSync } from 'node:fs'
import { nameOfDatabase } from '../database.ts'
import type { DatabaseLocation } from '../settings.ts'
import { type CliCommand, readFileAndOptions, UsageError } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

const usage = 'messenger restore FILE [--database-url file:PATH], or messenger restore --new-epoch [--database-url URL]'
const options = { ...databaseOption, 'new-epoch': { type: 'boolean' } } as const

const whatClientsDo = 'Clients that reconnect with older positions get RESYNC and load the state again.'

const renewEpochOf = async (database: DatabaseLocation): Promise<string> => {
  if (database.kind === 'sqlite') {
    const { renewSqliteEpoch } = await import('../infrastructure/storage/maintenance/restore.ts')
    return renewSqliteEpoch(database.file)
  }
  const { renewPostgresEpoch } = await import('../infrastructure/storage/postgres/message-store.ts')
  return renewPostgresEpoch(database.url)
}

const newEpoch = async (database: DatabaseLocation): Promise<number> => {
  if (database.kind === 'sqlite' && !existsSync(database.file)) {
    console.error(`There is no data to give a new epoch: ${database.file} does not exist.`)
    return 1
  }
  const epoch = await renewEpochOf(database)
  console.log(`${nameOfDatabase(database)} has a new epoch, ${epoch}. ${whatClientsDo}`)
  return 0
}

/** Replaces the stored data with a backup, or only gives it a new epoch. No server may be running on it. */
export const restore: CliCommand = async argv => {
  const { values, file: from } = readFileAndOptions(argv, options, usage)
  const onlyEpoch = values['new-epoch'] === true
  if (onlyEpoch && from !== undefined) throw new UsageError(`FILE and --new-epoch cannot be combined. Usage: ${usage}`)
  if (!onlyEpoch && from === undefined) throw new UsageError(`FILE or --new-epoch is needed. Usage: ${usage}`)
  const { database } = settingsFor(values)
  if (from === undefined) return newEpoch(database)
  if (database.kind === 'postgres') {
    console.error('messenger restore FILE is for SQLite: use pg_restore, and messenger restore --new-epoch after it.')
    return 1
  }
  const { file } = database
  const { restoreSqliteFile } = await import('../infrastructure/storage/maintenance/restore.ts')
  const { epoch, kept } = await restoreSqliteFile({ from, file, at: new Date() })
  console.log(`${file} holds what ${from} held, with the new epoch ${epoch}. ${whatClientsDo}`)
  if (kept !== undefined) console.log(`The replaced data is kept as ${kept}`)
  return 0
}
