import { DatabaseSync } from 'node:sqlite'
import { unavailable } from '@cpc-messenger/messenger'
import { isBusy, translated } from './sqlite-failure.ts'

const openLock = (file: string): DatabaseSync => {
  try {
    return new DatabaseSync(file, { timeout: 0 })
  } catch (error) {
    throw unavailable(`${file} cannot be made: DATABASE_URL names a folder that this user may not write to.`, error)
  }
}

/**
 * Keeps a second server from the file. The lock is the one that SQLite holds on a file of its own beside it: the operating
 * system takes it back when the process dies, however it dies, and readers of the database itself never meet it.
 */
export const lockForServing = (file: string): Disposable => {
  const lock = openLock(`${file}.lock`)
  try {
    lock.exec('begin exclusive')
  } catch (error) {
    lock.close()
    if (isBusy(error)) throw unavailable(`Another server is running on ${file}: one at a time can.`, error)
    throw translated(error)
  }
  return {
    [Symbol.dispose]: () => {
      if (lock.isOpen) lock.close()
    },
  }
}
