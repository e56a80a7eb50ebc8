import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { number } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import { SqliteConnection } from '../sqlite/connection.ts'
import { isBusy, isFull } from '../sqlite/failure.ts'
import { isMessengerFile } from '../sqlite/file.ts'
import { lockForScrub } from '../sqlite/lock.ts'

export interface Scrubbed {
  /** The size of the file before and after. */
  readonly before: number
  readonly after: number
  /** How long commands had to wait at most, in ms. */
  readonly pauseMs: number
}

export interface ScrubOptions {
  /** A server may be running on it. */
  readonly file: string
  /** How long to wait for others that read or write the file. */
  readonly waitMs?: number
}

const bytesOf = (connection: SqliteConnection): number =>
  connection.query(
    row({ bytes: number }),
    'select page_count * page_size as bytes from pragma_page_count, pragma_page_size',
  )[0]?.bytes ?? 0

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`

const noSpace = (file: string, bytes: number, cause?: unknown): DataFileError =>
  new DataFileError(
    `There is too little room to scrub ${file}: it needs about ${megabytes(bytes)} in its folder, and as much in the folder for temporary files.`,
    { cause },
  )

const requireSpace = async (file: string, bytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(dirname(file))
  if (bavail * bsize < bytes) throw noSpace(file, bytes)
}

/** How long commits wait for readers of the log after the file was rewritten. */
const maxLogWaitMs = 1000

const causeOf = (error: unknown): unknown => (error instanceof Error ? error.cause : undefined)

/** Retries until `attempt` returns true. A server on the file lets go of its locks only briefly. */
const untilDone = async (attempt: () => boolean, retryMs: number, waitMs: number): Promise<boolean> => {
  const deadline = performance.now() + waitMs
  while (!attempt()) {
    if (performance.now() > deadline) return false
    await delay(retryMs)
  }
  return true
}

const checkpointed = row({ busy: number })

/** Copies the write-ahead log into the file and empties it, once no reader needs it. Returns whether it is empty. */
const emptyLog = (connection: SqliteConnection, waitMs: number): Promise<boolean> =>
  untilDone(() => connection.query(checkpointed, 'pragma wal_checkpoint(truncate)')[0]?.busy === 0, 5, waitMs)

const requireEmpty = async (emptied: Promise<boolean>, file: string): Promise<void> => {
  if (!(await emptied))
    throw new DataFileError(
      `Another program reads ${file} (messenger check or backup, say): wait for it, and scrub again.`,
    )
}

/** Writes every page again, without what was erased. */
const rewrite = async (connection: SqliteConnection, file: string, bytes: number, waitMs: number): Promise<void> => {
  const attempt = (): boolean => {
    try {
      connection.execute('vacuum')
      return true
    } catch (error) {
      if (isBusy(causeOf(error))) return false
      throw isFull(causeOf(error)) ? noSpace(file, bytes, error) : error
    }
  }
  if (await untilDone(attempt, 1, waitMs)) return
  throw new DataFileError(`${file} was locked for too long to be scrubbed. Scrub it again when it is less busy.`)
}

/** While the lock is held, servers do not commit. Returns how long that was, in ms. */
const rewriteLocked = async (connection: SqliteConnection, file: string, bytes: number, waitMs: number) => {
  using _lock = lockForScrub(file)
  const startedAt = performance.now()
  await rewrite(connection, file, bytes, waitMs)
  await emptyLog(connection, maxLogWaitMs)
  return performance.now() - startedAt
}

/**
 * Overwrites what was erased: afterwards neither the file nor its write-ahead log holds the bytes of any row that was erased
 * before the call. Commits wait while the file is rewritten; reads do not. It blocks the thread. If it is killed, the data
 * stays as it was.
 */
export const scrubSqliteFile = async ({ file, waitMs = 60_000 }: ScrubOptions): Promise<Scrubbed> => {
  using connection = new SqliteConnection({
    file,
    readOnly: false,
    pragmas: ['busy_timeout = 0', 'temp_store = file', 'synchronous = full', 'trusted_schema = off'],
  })
  if (!isMessengerFile(connection)) throw new DataFileError(`${file} is not a messenger database.`)
  const before = bytesOf(connection)
  await requireSpace(file, before)
  // A reader that keeps the log from being emptied is noticed before the file is rewritten.
  await requireEmpty(emptyLog(connection, waitMs), file)
  const pauseMs = await rewriteLocked(connection, file, before, waitMs)
  await requireEmpty(emptyLog(connection, waitMs), file)
  return { before, after: bytesOf(connection), pauseMs }
}

const pendingRow = row({ pending: number })

/** Whether there are rows that are erased for everyone, and still have to be deleted by a server. */
export const hasRowsToErase = (file: string): boolean => {
  using connection = new SqliteConnection({ file, readOnly: true, pragmas: ['busy_timeout = 5000'] })
  const pending = connection.query(
    pendingRow,
    `select exists (select 1 from conversations where deleted_at is not null and purged = 0)
      or exists (select 1 from conversations where erased_generation < history_generation) as pending`,
  )
  return pending[0]?.pending === 1
}
