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
 * Statements run in the order of the calls; a call need not wait for the previous one. Disposing of it without a commit rolls
 * back. Always commit or dispose of it: others wait for its locks.
 */
export interface WriteTransaction extends AsyncDisposable {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** Returns the number of changed rows. */
  run<Params>(command: SqlCommand<Params>, params: Params): Promise<number>
  /**
   * The number of its commit: a commit that becomes visible after a reader's snapshot has a greater number than the newest
   * commit of that snapshot. The first call assigns the number, which writes.
   */
  commitNumber(): Promise<number>
  /** Does nothing if there are no rows. */
  runEach<Row>(statement: RowsStatement<Row>, rows: readonly Row[]): Promise<void>
  /** Resolves when the transaction is durable. `written` are the last statements. If it rejects, nothing was written. */
  commit(written?: readonly Promise<unknown>[]): Promise<void>
}

/** A database. If it fails, calls reject with a `Refusal` UNAVAILABLE. Errors in a statement or its values are not translated. */
export interface SqlEngine extends AsyncDisposable {
  readonly dialect: SqlDialect
  /** Each statement reads its own snapshot. */
  readonly latest: ReadSession
  /** A snapshot, which begins at the first read. Waits if too many are open. The CPU time is charged to `readerId`. */
  snapshot(readerId?: UserId): Promise<SnapshotSession>
  /** Rejects if the database does not respond. Waits for no other read. */
  ping(): Promise<void>
  /** The number of transactions that may write at once. */
  readonly writers: number
  /** Waits until one of `writers` is free. */
  begin(): Promise<WriteTransaction>
}
