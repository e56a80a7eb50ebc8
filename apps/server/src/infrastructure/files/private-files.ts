import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'

const othersMay = 0o007
const ownerOnly = 0o700
const othersMayWrite = 0o002

/** Makes folders that are not there, for their owner only. Those that are there stay as they are. */
export const makePrivateFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: ownerOnly })
}

/** Whether everybody may make, rename and delete files in the folder; nobody where it cannot be looked at. */
export const isOpenToAll = (folder: string): boolean => {
  try {
    return (statSync(folder).mode & othersMayWrite) !== 0
  } catch {
    return false
  }
}

/**
 * Takes the rights to a file away from all but its owner where everybody has some: earlier versions made such files. Where
 * only a group was let in, somebody has chosen that.
 */
export const tightenFile = (file: string): void => {
  try {
    const { mode } = statSync(file)
    if ((mode & othersMay) !== 0) chmodSync(file, mode & ownerOnly)
  } catch {
    // It is not there, or it is another user's: whoever opens it next says what is wrong.
  }
}

/**
 * Makes a file of SQLite where there is none, before SQLite does: that would give rights to everybody whom the umask lets.
 * What SQLite keeps beside it gets its mode.
 */
export const makePrivateDatabase = (file: string): void => {
  try {
    // A file that is there is not opened: to close it again would drop the locks that this process has on it.
    closeSync(openSync(file, 'ax', 0o600))
  } catch {
    // It is there, or SQLite says why it cannot be made, when it opens it.
  }
  for (const suffix of ['', '-wal', '-shm', '-journal']) tightenFile(file + suffix)
}
