import { setTimeout as delay } from 'node:timers/promises'
import { type UserId, unavailable } from '@cpc-messenger/messenger'
import { makePrivateDatabase } from '../../files/private-files.ts'
import type { ReadSession, SnapshotSession, SqlEngine, WriteTransaction } from '../statements/engine.ts'
import { SqliteConnection } from './connection.ts'
import { sqliteDialect } from './dialect.ts'
import { isBusy } from './failure.ts'
import { claimFile } from './file.ts'
import { isBeingScrubbed, lockForServing } from './lock.ts'
import { Mutex } from './mutex.ts'
import { SqliteReaders } from './readers.ts'
import { isSealed } from './seal.ts'
import { SqliteTransaction, type TransactionEvents } from './transaction.ts'

const shared = ['busy_timeout = 5000', 'temp_store = memory', 'mmap_size = 268435456', 'trusted_schema = off']
const writing = [
  ...shared,
  'journal_mode = wal',
  'synchronous = full',
  'wal_autocheckpoint = 4000',
  'foreign_keys = off',
  'cache_size = -64000',
  'journal_size_limit = 67108864',
  // From now on this code waits for locks itself: SQLite would block the event loop.
  'busy_timeout = 0',
]
const busyMs = 5000
const retryMs = 10
/** How often the engine looks whether a scrub of the file is running. */
const scrubCheckMs = 250
const scrubWaitMs = 25
const reading = [...shared, 'query_only = on', 'cache_size = -16000']

export interface SqliteEngineOptions {
  readonly file: string
  /** Called once for each query that a reader answered. */
  readonly onRead?: () => void
  /** Called with the number of statements of each transaction. */
  readonly onWrite?: (statements: number) => void
  /** Snapshots that may be open at once. */
  readonly snapshotLimit?: number
  readonly snapshotWaitMs?: number
}

/** SQLite in this process: one connection for writing, the others only for reading. */
export class SqliteEngine implements SqlEngine {
  readonly dialect = sqliteDialect
  readonly writers = 1
  readonly #file: string
  readonly #readers: SqliteReaders
  readonly #mutex = new Mutex()
  readonly #lock: Disposable
  readonly #onWrite: (statements: number) => void
  #writer: SqliteConnection | undefined
  #closed = false
  #scrubCheckedAt = 0

  constructor({ file, onRead, onWrite, snapshotLimit = 8, snapshotWaitMs = 10_000 }: SqliteEngineOptions) {
    using opened = new DisposableStack()
    this.#file = file
    this.#onWrite = onWrite ?? (() => undefined)
    this.#lock = opened.use(lockForServing(file))
    makePrivateDatabase(file)
    this.#writer = opened.use(this.#openWriter())
    claimFile(this.#writer)
    this.#readers = new SqliteReaders({
      open: () => new SqliteConnection({ file, readOnly: true, pragmas: reading }),
      onRead: onRead ?? (() => undefined),
      limit: snapshotLimit,
      waitMs: snapshotWaitMs,
    })
    opened.move()
  }

  get latest(): ReadSession {
    return this.#readers.latest
  }

  snapshot(readerId?: UserId): Promise<SnapshotSession> {
    return this.#readers.snapshot(readerId)
  }

  async ping(): Promise<void> {
    this.#readers.ping()
  }

  /** The data was moved to another database: writes are refused. */
  get sealed(): boolean {
    this.#writer ??= this.#openWriter()
    return isSealed(this.#writer)
  }

  async begin(): Promise<WriteTransaction> {
    const end = await this.#mutex.acquire()
    try {
      if (performance.now() - this.#scrubCheckedAt > scrubCheckMs) await this.#waitForScrub()
      if (this.#closed) throw unavailable('The database is closed.')
      return await this.#beginOnceFree({
        ran: this.#onWrite,
        ended: end,
        broken: () => this.#dropWriter(),
      })
    } catch (error) {
      end()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const end = await this.#mutex.acquire()
    this.#readers[Symbol.dispose]()
    // The last connection that closes checkpoints the write-ahead log and removes it.
    this.#dropWriter()
    this.#lock[Symbol.dispose]()
    end()
  }

  /** Another process may write to the file for a while; a scrub holds it until it is done. */
  async #beginOnceFree(events: TransactionEvents): Promise<WriteTransaction> {
    let deadline = performance.now() + busyMs
    for (;;) {
      try {
        this.#writer ??= this.#openWriter()
        return new SqliteTransaction(this.#writer, events)
      } catch (error) {
        if (!(error instanceof Error) || !isBusy(error.cause) || performance.now() > deadline) throw error
      }
      await delay(retryMs)
      if (await this.#waitForScrub()) deadline = performance.now() + busyMs
    }
  }

  /**
   * Commits follow each other too closely for another process, and a flush to disk would block the event loop while a scrub
   * writes the whole file. Returns whether there was one.
   */
  async #waitForScrub(): Promise<boolean> {
    let waited = false
    for (; isBeingScrubbed(this.#file); waited = true) await delay(scrubWaitMs)
    this.#scrubCheckedAt = performance.now()
    return waited
  }

  #openWriter(): SqliteConnection {
    return new SqliteConnection({ file: this.#file, readOnly: false, pragmas: writing })
  }

  #dropWriter(): void {
    this.#writer?.[Symbol.dispose]()
    this.#writer = undefined
  }
}
