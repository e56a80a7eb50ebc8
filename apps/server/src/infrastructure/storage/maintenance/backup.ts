import { chmod, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { findFile } from '../../files/find-file.ts'
import { syncFolder } from '../../files/sync-folder.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import { lockForBackup } from '../sqlite/lock.ts'
import { SqliteSource } from './sqlite-source.ts'

interface BackupOptions {
  /** The database; a server may be running on it. */
  readonly file: string
  readonly to: string
  /** Whether an existing backup is replaced. */
  readonly overwrite: boolean
}

const requireTarget = async (file: string, to: string, overwrite: boolean): Promise<void> => {
  const folder = await findFile(dirname(to))
  if (folder === undefined) throw new DataFileError(`The folder ${dirname(to)} does not exist. Create it first.`)
  if (!folder.isDirectory()) throw new DataFileError(`${dirname(to)} is not a folder. Name another file.`)
  const there = await findFile(to)
  if (there === undefined) return
  const source = await stat(file)
  if (there.ino === source.ino && there.dev === source.dev)
    throw new DataFileError(`${to} is the database itself: name another file.`)
  if (!there.isFile()) throw new DataFileError(`${to} is not a regular file: name another file.`)
  if (!overwrite) throw new DataFileError(`${to} already exists: name another file, or replace it with --force.`)
  if ((await findFile(`${to}-wal`)) !== undefined)
    throw new DataFileError(`${to} is a database that a server may be running on: name another file.`)
}

/** An empty file that only its owner may read. */
const makeEmpty = async (file: string): Promise<void> => {
  try {
    await using _handle = await open(file, 'w', 0o600)
    await chmod(file, 0o600)
  } catch (cause) {
    throw new DataFileError(`${file} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
    })
  }
}

const makeDurable = async (file: string): Promise<void> => {
  await using handle = await open(file, 'r+')
  await handle.sync()
}

/**
 * Copies a snapshot of the database into another file and returns its size in bytes. Commits continue meanwhile. The file gets its
 * name when it is complete, checked and durable; if the backup is killed before, it leaves `….partial`, which the next backup
 * replaces. A sealed file is refused: its backups would become outdated unnoticed.
 */
export const backupSqliteFile = async ({ file, to, overwrite }: BackupOptions): Promise<number> => {
  const target = resolve(to)
  const partial = `${target}.partial`
  await requireTarget(file, target, overwrite)
  using source = new SqliteSource(file)
  source.requireOpen('back that one up')
  using _lock = lockForBackup(file)
  await rm(partial, { force: true })
  try {
    await makeEmpty(partial)
    await source.copyTo(partial)
    await makeDurable(partial)
    using copy = new SqliteSource(partial)
    copy.requireSound('quick')
    await requireTarget(file, target, overwrite)
    await rename(partial, target)
  } finally {
    await rm(partial, { force: true })
  }
  await syncFolder(dirname(target))
  return (await stat(target)).size
}
