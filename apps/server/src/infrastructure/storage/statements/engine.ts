import type { SqlDialect } from './dialect.ts'
import type { Command, RowsStatement, Statement } from './statement.ts'

export interface ReadSession {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** All that `work` reads shows one moment. It may not wait for anything but its reads. */
  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result>
}

export interface SnapshotSession extends ReadSession, AsyncDisposable {}

/**
 * Statements run in the order in which they were called for; nobody has to wait for one before the next. Disposing it
 * without a commit undoes it. It must be ended: others wait for what it holds.
 */
export interface WriteTransaction extends AsyncDisposable {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** Answers how many rows it changed. */
  run<Params>(command: Command<Params>, params: Params): Promise<number>
  /**
   * The number of its commit: whatever becomes visible later than a reader's newest commit has a greater one. Taken by the
   * first call where taking one writes.
   */
  commitNumber(): Promise<number>
  /** Runs nothing where there is no row. */
  runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void>
  /** Resolves when it is durable, after `written`, which is what was called for last. Rejects with nothing written. */
  commit(written?: readonly Promise<unknown>[]): Promise<void>
}

/** A database. Its own failures come as a `Refusal` UNAVAILABLE; what is wrong with a statement or its values comes as it is. */
export interface SqlEngine extends AsyncDisposable {
  readonly dialect: SqlDialect
  /** Each statement a snapshot of its own. */
  readonly latest: ReadSession
  /** One moment, that of its first read. Waits its turn where too many stand open. */
  snapshot(): Promise<SnapshotSession>
  /** Rejects where the database does not answer. Waits for no other read. */
  ping(): Promise<void>
  /** Transactions that may write at once. */
  readonly writers: number
  /** Waits until one of `writers` is free. */
  begin(): Promise<WriteTransaction>
}
