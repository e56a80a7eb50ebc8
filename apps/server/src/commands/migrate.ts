import { nameOfDatabase, openStore } from '../database.ts'
import { type Command, readOptions } from './command.ts'
import { databaseOption, settingsFor } from './database-location.ts'

/** Brings the stored data to the form of this version, as `serve` does at its start. */
export const migrate: Command = async argv => {
  const usage = 'messenger migrate [--database-url URL]'
  const { database } = settingsFor(readOptions(argv, databaseOption, usage))
  await using store = await openStore(database)
  await store.ping()
  console.log(`${nameOfDatabase(database)} is of this version's form.`)
  return 0
}
