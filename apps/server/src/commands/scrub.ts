import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { openStore } from '../database.ts'
import type { DatabaseLocation } from '../settings.ts'
import { type CliCommand, readOptions } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

const usage = 'messenger scrub [--database-url file:PATH]'
const rowsAtOnce = 500
const erasingMs = 60_000

/** Deletes the rows that are erased already; a server on the file does that itself. Returns whether none is left. */
const deleteErasedRows = async (database: DatabaseLocation, file: string): Promise<boolean> => {
  const { isServed } = await import('../infrastructure/storage/sqlite/lock.ts')
  const { hasRowsToErase } = await import('../infrastructure/storage/maintenance/scrub.ts')
  if (!isServed(file)) {
    await using store = await openStore(database)
    while ((await store.purge(rowsAtOnce)) > 0) {}
  }
  for (const deadline = performance.now() + erasingMs; hasRowsToErase(file); await delay(100))
    if (performance.now() > deadline) return false
  return true
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`

/** Overwrites what was erased, in the database file and its write-ahead log. A server may be running on it. */
export const scrub: CliCommand = async argv => {
  const { database } = settingsFor(readOptions(argv, databaseOption, usage))
  if (database.kind === 'postgres') {
    console.error(
      'messenger scrub is for SQLite: for PostgreSQL, "Erasing physically" in docs/operating.md says what it takes.',
    )
    return 1
  }
  const { file } = database
  if (!existsSync(file)) {
    console.error(`There is no data to scrub: ${file} does not exist.`)
    return 1
  }
  if (!(await deleteErasedRows(database, file))) {
    console.error('The server has not deleted all erased rows yet: run messenger scrub again in a few minutes.')
    return 1
  }
  const { scrubSqliteFile } = await import('../infrastructure/storage/maintenance/scrub.ts')
  const { before, after, pauseMs } = await scrubSqliteFile({ file })
  const seconds = (pauseMs / 1000).toFixed(1)
  console.log(
    `${file} holds nothing that was erased (${megabytes(before)} before, ${megabytes(after)} now; ${seconds} s).`,
  )
  return 0
}
