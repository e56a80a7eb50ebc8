import { keyPlaceOf, nameOfDatabase, openStore } from '../database.ts'
import type { DatabaseLocation } from '../settings.ts'
import { printFindings } from './check.ts'
import { type CliCommand, readOptions, UsageError } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

const usage =
  'messenger migrate [--database-url URL], or messenger migrate --from file:PATH --to postgres://… [--no-check]'
const options = {
  ...databaseOption,
  from: { type: 'string' },
  to: { type: 'string' },
  'no-check': { type: 'boolean' },
  reopen: { type: 'boolean' },
} as const

const bringUpToDate = async (database: DatabaseLocation): Promise<number> => {
  await using store = await openStore(database)
  await store.ping()
  console.log(`${nameOfDatabase(database)} has the schema of this version.`)
  return 0
}

const fileOf = (url: string): string => {
  const { database } = settingsFor({ 'database-url': url })
  if (database.kind !== 'sqlite') throw new UsageError(`--from names a file (file:PATH). Usage: ${usage}`)
  return database.file
}

const reopen = async (from: string): Promise<number> => {
  const { reopenFile } = await import('../infrastructure/storage/sqlite/seal.ts')
  await reopenFile(from)
  console.log(`${from} accepts writes again. It does not contain what was written to another database since the move.`)
  return 0
}

const move = async (from: string, to: DatabaseLocation, unchecked: boolean): Promise<number> => {
  if (to.kind !== 'postgres') throw new UsageError(`--to names a database (postgres://…). Usage: ${usage}`)
  const source = { kind: 'sqlite', file: from } as const
  const { moveToPostgres } = await import('../infrastructure/storage/moving/move.ts')
  const ownKey = await (await keyPlaceOf(source)).read()
  const { now, pauseMs } = await moveToPostgres({ from, to: to.url, ownKey, print: line => console.log(line) })
  console.log(
    now
      ? `${nameOfDatabase(to)} holds all that ${from} held: servers may start on it. Nothing could be written for ${Math.round(pauseMs)} ms.`
      : `${nameOfDatabase(to)} already has the data of ${from}.`,
  )
  if (unchecked) return 0
  let findings = 0
  for (const database of [source, to]) {
    console.log(`Checking ${nameOfDatabase(database)}:`)
    findings += await printFindings(database)
  }
  return findings === 0 ? 0 : 1
}

/**
 * Migrates the stored data to the schema of this version, as `serve` does at its start. With `--from` and `--to` moves them
 * from a SQLite file to PostgreSQL.
 */
export const migrate: CliCommand = async argv => {
  const values = readOptions(argv, options, usage)
  const { from, to } = values
  if (from === undefined && to === undefined) return bringUpToDate(settingsFor(values).database)
  if (from !== undefined && values.reopen === true) return reopen(fileOf(from))
  if (from === undefined || to === undefined) throw new UsageError(`--from and --to go together. Usage: ${usage}`)
  return move(fileOf(from), settingsFor({ 'database-url': to }).database, values['no-check'] === true)
}
