import { type Command, readOptions } from './command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

/** Brings the stored data to the form of this version, as `serve` does at its start. */
export const migrate: Command = async argv => {
  const usage = 'messenger migrate [--database-url file:PATH]'
  const { databaseFile } = settingsFor(readOptions(argv, databaseOption, usage))
  const { openSqliteStore } = await import('../infrastructure/storage/sqlite-message-store.ts')
  await using store = await openSqliteStore({ file: databaseFile })
  await store.ping()
  console.log(`${databaseFile} is of this version's form.`)
  return 0
}
