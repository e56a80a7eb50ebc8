import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { keyPlaceOf } from '../database.ts'
import { type CliCommand, readFileAndOptions, UsageError } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

const usage = 'messenger backup FILE [--force] [--database-url file:PATH]'
const options = { ...databaseOption, force: { type: 'boolean' } } as const

/** Copies the stored data into a file. A server may be running on it. */
export const backup: CliCommand = async argv => {
  const { values, file: to } = readFileAndOptions(argv, options, usage)
  const { database } = settingsFor(values)
  if (database.kind === 'postgres') {
    console.error('messenger backup is for SQLite: back PostgreSQL up with pg_dump or pg_basebackup.')
    return 1
  }
  if (to === undefined) throw new UsageError(`FILE is missing. Usage: ${usage}`)
  const { file } = database
  if (!existsSync(file)) {
    console.error(`There is no data to back up: ${file} does not exist.`)
    return 1
  }
  const { backupSqliteFile } = await import('../infrastructure/storage/maintenance/backup.ts')
  const bytes = await backupSqliteFile({ file, to, overwrite: values.force === true })
  console.log(`Backup written and verified: ${resolve(to)} (${(bytes / 1_000_000).toFixed(1)} MB).`)
  const key = await keyPlaceOf(database)
  if ((await key.read()) !== undefined) console.log(`The backup does not contain the server's own key: ${key.name}`)
  return 0
}
