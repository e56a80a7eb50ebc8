import { existsSync } from 'node:fs'
import { type Command, readFileAndOptions, UsageError } from './command.ts'
import { databaseOption, isPostgres, settingsFor } from './database-location.ts'

const usage = 'messenger restore FILE [--database-url file:PATH], or messenger restore --new-epoch [--database-url URL]'
const options = { ...databaseOption, 'new-epoch': { type: 'boolean' } } as const

const clientsAreTold = 'Clients that come back with positions of before are told RESYNC and fetch afresh.'

const newEpoch = async (file: string): Promise<number> => {
  if (!existsSync(file)) {
    console.error(`There is no data to give a new epoch: ${file} does not exist.`)
    return 1
  }
  const { renewSqliteEpoch } = await import('../infrastructure/storage/sqlite-restore.ts')
  console.log(`${file} has a new epoch, ${await renewSqliteEpoch(file)}. ${clientsAreTold}`)
  return 0
}

/** Puts a backup in the place of the stored data, or only gives them a new epoch. No server may be running on them. */
export const restore: Command = async argv => {
  const { values, file: from } = readFileAndOptions(argv, options, usage)
  const onlyEpoch = values['new-epoch'] === true
  if (onlyEpoch === (from !== undefined)) throw new UsageError(`FILE or --new-epoch is needed. Usage: ${usage}`)
  if (from !== undefined && isPostgres(values)) {
    console.error('messenger restore FILE is for SQLite: use pg_restore, and messenger restore --new-epoch after it.')
    return 1
  }
  const { databaseFile: file } = settingsFor(values)
  if (from === undefined) return newEpoch(file)
  const { restoreSqliteFile } = await import('../infrastructure/storage/sqlite-restore.ts')
  const { epoch, kept } = await restoreSqliteFile({ from, file, at: new Date() })
  console.log(`${file} holds what ${from} held, with the new epoch ${epoch}. ${clientsAreTold}`)
  if (kept !== undefined) console.log(`What was there before is ${kept}`)
  return 0
}
