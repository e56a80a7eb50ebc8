import { DatabaseSync } from 'node:sqlite'
import { unavailable } from '@cpc-messenger/messenger'
import { makePrivateDatabase } from '../../files/private-files.ts'
import { isBusy, translated } from './failure.ts'

const openLock = (file: string): DatabaseSync => {
  makePrivateDatabase(file)
  try {
    return new DatabaseSync(file, { timeout: 0 })
  } catch (error) {
    throw unavailable(`${file} cannot be made: DATABASE_URL names a folder that this user may not write to.`, error)
  }
}

/** The operating system takes the lock back when the process dies, however it dies. */
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
 * Keeps a second server from the file. The lock is the one that SQLite holds on a file of its own beside it: readers of the
 * database itself never meet it.
 */
export const lockForServing = (file: string): Disposable =>
  holdLock(`${file}.lock`, `Another server is using ${file}. Stop it first.`)

/** Keeps a second backup of the file from running at once. A server never meets it. */
export const lockForBackup = (file: string): Disposable =>
  holdLock(`${file}.backup.lock`, `Another backup of ${file} is running. Wait for it to end.`)
