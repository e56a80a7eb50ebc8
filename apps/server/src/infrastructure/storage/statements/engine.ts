import type { UserId } from '@cpc-messenger/messenger'
import type { SqlDialect } from './dialect.ts'
import type { RowsStatement, SqlCommand, Statement } from './statement.ts'

/** What an engine needs of a statement to prepare it once; statements are compared by identity. */
export type AnyStatement = Pick<SqlCommand<never>, 'sql'>

export interface ReadSession {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** All reads of `work` are in one snapshot. `work` must not wait for anything but its reads. */
  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result>
}

export interface SnapshotSession extends ReadSession, AsyncDisposable {}

/**
 * Statements run in the order of the calls; there is no need to wait for one before the next. Disposing of it without a commit
 * rolls it back. It must be ended: others wait for its locks.
 */
export interface WriteTransaction extends AsyncDisposable {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** Returns the number of changed rows. */
  run<Params>(command: SqlCommand<Params>, params: Params): Promise<number>
  /**
   * The number of its commit: a commit that becomes visible after a reader's snapshot has a greater number than the newest
   * commit of that snapshot. The first call takes it, which writes.
   */
  commitNumber(): Promise<number>
  /** Does nothing if there are no rows. */
  runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void>
  /** Resolves when it is durable. `written` are the last statements. If it rejects, nothing was written. */
  commit(written?: readonly Promise<unknown>[]): Promise<void>
}

/** A database. Its failures come as a `Refusal` UNAVAILABLE; errors in a statement or its values come as they are. */
export interface SqlEngine extends AsyncDisposable {
  readonly dialect: SqlDialect
  /** Each statement reads a snapshot of its own. */
  readonly latest: ReadSession
  /** Reads of one point in time, that of the first of them. Waits where too many are open. Its reads count for `readerId`. */
  snapshot(readerId?: UserId): Promise<SnapshotSession>
  /** Rejects if the database does not respond. Waits for no other read. */
  ping(): Promise<void>
  /** The number of transactions that may write at once. */
  readonly writers: number
  /** Waits until one of `writers` is free. */
  begin(): Promise<WriteTransaction>
}
