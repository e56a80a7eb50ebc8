import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'

const othersMay = 0o007
const ownerOnly = 0o700
const othersMayWrite = 0o002

/** Creates missing folders with access for their owner only. Existing folders keep their mode. */
export const makePrivateFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: ownerOnly })
}

/** Whether every user of the machine may create, rename and delete files in the folder; false if that cannot be read. */
export const isOpenToAll = (folder: string): boolean => {
  try {
    return (statSync(folder).mode & othersMayWrite) !== 0
  } catch {
    return false
  }
}

/**
 * Restricts a file to its owner if every user of the machine has access, because earlier versions created such files. A
 * file that only a group can access was set up that way on purpose.
 */
export const tightenFile = (file: string): void => {
  try {
    const { mode } = statSync(file)
    if ((mode & othersMay) !== 0) chmodSync(file, mode & ownerOnly)
  } catch {
    // The file is missing or belongs to another user: opening it reports the problem.
  }
}

/**
 * Creates a missing database file before SQLite does, which would use the umask's mode. SQLite gives the files beside it the
 * same mode.
 */
export const makePrivateDatabase = (file: string): void => {
  try {
    // An existing file is not opened: closing it would release the locks that this process holds on it.
    closeSync(openSync(file, 'ax', 0o600))
  } catch {
    // The file exists, or SQLite reports why it cannot be created when it opens it.
  }
  for (const suffix of ['', '-wal', '-shm', '-journal']) tightenFile(file + suffix)
}
