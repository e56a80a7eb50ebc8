import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { unavailable } from '@cpc-messenger/messenger'
import { makePrivateDatabase } from '../../files/private-files.ts'
import { isBusy, translated } from './failure.ts'

/** `isHeld` holds a lock for a moment. */
const timeout = 250

const openLock = (file: string): DatabaseSync => {
  makePrivateDatabase(file)
  try {
    return new DatabaseSync(file, { timeout })
  } catch (error) {
    throw unavailable(
      `${file} cannot be created: the user of this process may not write to the folder in DATABASE_URL.`,
      error,
    )
  }
}

/** The operating system releases the lock when the process ends, however it ends. */
const holdLock = (lockFile: string, held: string): Disposable => {
  const lock = openLock(lockFile)
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (isBusy(error)) throw unavailable(held, error)
    throw translated(error)
  }
  return {
    [Symbol.dispose]: () => {
      if (lock.isOpen) lock.close()
    },
  }
}

/**
 * Prevents a second server on the same file. SQLite holds the lock on a separate file beside the database, so that readers of
 * the database are not affected.
 */
export const lockForServing = (file: string): Disposable =>
  holdLock(`${file}.lock`, `Another server is using ${file}. Stop it first.`)

/** Prevents two backups of the file at once. Servers are not affected. */
export const lockForBackup = (file: string): Disposable =>
  holdLock(`${file}.backup.lock`, `Another backup of ${file} is running. Wait for it to end.`)

/** Held while the file is rewritten: servers do not commit meanwhile, and there is no second scrub. */
export const lockForScrub = (file: string): Disposable =>
  holdLock(scrubLock(file), `Another scrub of ${file} is running. Wait for it to end.`)

const scrubLock = (file: string): string => `${file}.scrub.lock`

const isHeld = (lockFile: string): boolean => {
  if (!existsSync(lockFile)) return false
  using lock = new DatabaseSync(lockFile, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw translated(error)
  }
}

export const isBeingScrubbed = (file: string): boolean => isHeld(scrubLock(file))

/** Whether a server is running on the file. */
export const isServed = (file: string): boolean => isHeld(`${file}.lock`)
