import { existsSync } from 'node:fs'
import { type Command, readOptions, UsageError } from './command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

/** Walks the stored data: 0 where all is well, 1 with a line for each finding, 2 where there is no data. */
export const check: Command = async argv => {
  const { database } = settingsFor(readOptions(argv, databaseOption, 'messenger check [--database-url URL]'))
  if (database.kind === 'postgres') throw new UsageError('messenger check walks SQLite files so far.')
  const databaseFile = database.file
  if (!existsSync(databaseFile)) {
    console.error(`There is no data to check: ${databaseFile} does not exist.`)
    return 2
  }
  const { checkSqliteFile } = await import('../infrastructure/storage/check.ts')
  let findings = 0
  for await (const { kind, detail, conversationId, subject } of checkSqliteFile(databaseFile)) {
    findings += 1
    console.log([kind, conversationId, subject, detail].filter(part => part !== undefined).join('  '))
  }
  console.log(`${findings} finding${findings === 1 ? '' : 's'}`)
  return findings === 0 ? 0 : 1
}
