import { existsSync } from 'node:fs'
import { nameOfDatabase } from '../database.ts'
import type { DatabaseLocation } from '../settings.ts'
import { type CliCommand, readOptions } from './cli-command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

/** Checks the stored data, prints one line for each finding and one with their number, and returns that number. */
export const printFindings = async (database: DatabaseLocation): Promise<number> => {
  const { checkPostgresDatabase, checkSqliteFile } = await import('../infrastructure/storage/checks/check.ts')
  const found = database.kind === 'sqlite' ? checkSqliteFile(database.file) : checkPostgresDatabase(database.url)
  let findings = 0
  for await (const { kind, detail, conversationId, subject } of found) {
    findings += 1
    console.log([kind, conversationId, subject, detail].filter(part => part !== undefined).join('  '))
  }
  console.log(`${findings} finding${findings === 1 ? '' : 's'}`)
  return findings
}

const holdsData = async (database: DatabaseLocation): Promise<boolean> => {
  if (database.kind === 'sqlite') return existsSync(database.file)
  const { hasTables } = await import('../infrastructure/storage/postgres/check-session.ts')
  return hasTables(database.url)
}

/** Checks the stored data. The exit code is 0 if there are no findings, 1 if there are (one line each), and 2 if there is no data. */
export const check: CliCommand = async argv => {
  const { database } = settingsFor(readOptions(argv, databaseOption, 'messenger check [--database-url URL]'))
  if (!(await holdsData(database))) {
    const reason = database.kind === 'sqlite' ? 'does not exist' : 'is not a messenger database'
    console.error(`There is no data to check: ${nameOfDatabase(database)} ${reason}.`)
    return 2
  }
  return (await printFindings(database)) === 0 ? 0 : 1
}
