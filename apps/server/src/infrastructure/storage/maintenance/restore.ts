import { randomUUID } from 'node:crypto'
import { chmod, chown, copyFile, constants as files, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { findFile } from '../../files/find-file.ts'
import { makePrivateFolder, tightenFile } from '../../files/private-files.ts'
import { syncFolder } from '../../files/sync-folder.ts'
import { row } from '../../tables/definition/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import { migrate } from '../schema/migrations.ts'
import { SqliteConnection } from '../sqlite/connection.ts'
import { SqliteEngine } from '../sqlite/engine.ts'
import { isBusy } from '../sqlite/failure.ts'
import { isMessengerFile } from '../sqlite/file.ts'
import { lockForServing } from '../sqlite/lock.ts'
import { isSealed } from '../sqlite/seal.ts'
import { renewEpoch } from '../store/epoch.ts'
import { SqliteSource } from './sqlite-source.ts'

interface RestoreOptions {
  /** The backup. It is not changed. */
  readonly from: string
  /** The path of the database to replace; no server may be running on it. */
  readonly file: string
  /** Used in the name of the replaced database. */
  readonly at: Date
}

interface Restored {
  readonly epoch: string
  /** The path of the replaced database. */
  readonly kept: string | undefined
}

const requireOther = async (from: string, file: string): Promise<void> => {
  const [source, target] = [await findFile(from), await findFile(file)]
  if (source === undefined) throw new DataFileError(`There is nothing to restore: ${from} does not exist.`)
  if (source.ino === target?.ino && source.dev === target.dev)
    throw new DataFileError(
      `${from} is the database itself and cannot be restored from. To give it a new epoch, use --new-epoch.`,
    )
}

/** Migrates the database to this version and gives it a new epoch. */
const beginEpoch = async (file: string): Promise<string> => {
  await using engine = new SqliteEngine({ file })
  await migrate(engine, randomUUID())
  return await renewEpoch(engine)
}

/** A folder beside the database, on the same disk, deleted on disposal. A killed restore may have left one. */
const makeStaging = async (folder: string): Promise<AsyncDisposable> => {
  const remove = () => rm(folder, { recursive: true, force: true })
  await remove()
  await mkdir(folder, { mode: 0o700 })
  return { [Symbol.asyncDispose]: remove }
}

/** Copies owner and mode from the database that it replaces. */
const takeOver = async (staged: string, file: string): Promise<void> => {
  const old = await findFile(file)
  const like = old ?? (await stat(dirname(file)))
  if (process.getuid?.() === 0) await chown(staged, like.uid, like.gid)
  await chmod(staged, old === undefined ? 0o600 : old.mode & 0o777)
}

const requireDurable = async (staged: string): Promise<void> => {
  const log = await findFile(`${staged}-wal`)
  if (log !== undefined && log.size > 0) throw new TypeError('the restored database was not closed')
  await using handle = await open(staged, 'r+')
  await handle.sync()
}

const magic = 'SQLite format 3\0'

/** Whether SQLite accepts the file: beside a file that it rejects it would delete the write-ahead log. */
const isDatabase = async (file: string): Promise<boolean> => {
  await using handle = await open(file, 'r')
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(magic.length))
  return buffer.toString('latin1', 0, bytesRead) === magic
}

/** A file that replaces a sealed one would be written to beside the database to which the data was moved. */
const requireNotMoved = async (file: string): Promise<void> => {
  if ((await findFile(file)) === undefined || !(await isDatabase(file)) || !bearsSeal(file)) return
  throw new DataFileError(
    `${file} is sealed, because its data was moved to another database: to go back to the file, messenger migrate --from file:${file} --reopen, and restore again.`,
  )
}

/** A database that is too damaged to be read is replaced. */
const bearsSeal = (file: string): boolean => {
  try {
    using old = new SqliteConnection({ file, readOnly: true, pragmas: ['busy_timeout = 2000'] })
    return isMessengerFile(old) && isSealed(old)
  } catch {
    return false
  }
}

/**
 * Checkpoints the write-ahead log into the old database: SQLite would apply a log that remains beside the new database to it. A
 * database that is too damaged for a checkpoint keeps its log.
 */
const foldLog = (file: string): void => {
  try {
    using old = new SqliteConnection({ file, readOnly: false, pragmas: ['busy_timeout = 2000'] })
    if (!isMessengerFile(old) && old.query(row({}), 'select 1 from sqlite_schema').length > 0)
      throw new DataFileError(`${file} belongs to another program: name another file.`)
    old.query(row({}), 'pragma journal_mode = delete')
  } catch (error) {
    if (error instanceof DataFileError) throw error
    if (error instanceof Error && isBusy(error.cause))
      throw new DataFileError(
        `Another program has ${file} open (messenger check, say): wait for it, and restore again.`,
        { cause: error },
      )
  }
}

const keepUnder = async (file: string, kept: string): Promise<void> => {
  try {
    await link(file, kept)
  } catch {
    // Not every file system gives a file two names.
    await copyFile(file, kept, files.COPYFILE_EXCL | files.COPYFILE_FICLONE)
  }
}

/** Afterwards the old database still has its name, without a log beside it. */
const keepOld = async (file: string, kept: string): Promise<string | undefined> => {
  const there = (await findFile(file)) !== undefined
  if (there) {
    if (await isDatabase(file)) foldLog(file)
    await keepUnder(file, kept)
  }
  for (const suffix of ['-wal', '-journal'])
    if ((await findFile(file + suffix)) !== undefined) await rename(file + suffix, kept + suffix)
  await rm(`${file}-shm`, { force: true })
  await syncFolder(dirname(file))
  return there ? kept : undefined
}

/**
 * Replaces the database with a backup, migrated to this version and with a new epoch: positions of clients get RESYNC. If it is
 * killed, either the old or the new database is in place, complete; only the write-ahead log of a database that is too damaged
 * to be opened may already be with the kept copy.
 */
export const restoreSqliteFile = async ({ from, file, at }: RestoreOptions): Promise<Restored> => {
  const source = resolve(from)
  await requireOther(source, file)
  await makePrivateFolder(dirname(file))
  using _lock = lockForServing(file)
  tightenFile(file)
  await requireNotMoved(file)
  using backup = new SqliteSource(source)
  backup.requireOpen(`restore a backup of before, or messenger migrate --from file:${source} --reopen first`)
  backup.requireKnownSchema()
  backup.requireSound('full')
  await using _staging = await makeStaging(`${file}.restoring`)
  const staged = join(`${file}.restoring`, 'messenger.db')
  await backup.copyTo(staged)
  const epoch = await beginEpoch(staged)
  await takeOver(staged, file)
  await requireDurable(staged)
  const kept = await keepOld(file, `${file}.before-restore-${at.toISOString().replaceAll(/[:.]/g, '-')}`)
  await rename(staged, file)
  await syncFolder(dirname(file))
  return { epoch, kept }
}

/** For a database that was replaced by other means. Rejects while a server is running on it. */
export const renewSqliteEpoch = (file: string): Promise<string> => beginEpoch(file)
