import type { SqlDialect } from './sql-dialect.ts'
import type { SqlValue, Statement } from './statement.ts'

export type { SqlValue }

export interface ReadSession {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** All that `work` reads shows one moment. It may not wait for anything but its reads. */
  together<Result>(work: (session: ReadSession) => Promise<Result>): Promise<Result>
}

export interface SnapshotSession extends ReadSession, AsyncDisposable {}

/** Disposing it without a commit undoes it. It must be ended: nobody else writes meanwhile. */
export interface WriteTransaction extends AsyncDisposable {
  rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]>
  /** Answers how many rows it changed. */
  run<Params>(statement: Statement<Params, unknown>, params: Params): Promise<number>
  /** The statement once for each of these, as a set where the engine gains from that. */
  runEach<Params>(statement: Statement<Params, unknown>, rows: readonly Params[]): Promise<void>
  /** Resolves when it is durable. */
  commit(): Promise<void>
}

/** A database. Its own failures come as a `Refusal` UNAVAILABLE; what is wrong with a statement or its values comes as it is. */
export interface SqlEngine extends AsyncDisposable {
  readonly dialect: SqlDialect
  /** Each statement a snapshot of its own. */
  readonly latest: ReadSession
  /** One moment, that of its first read. Waits its turn where too many stand open. */
  snapshot(): Promise<SnapshotSession>
  /** Waits until the transaction before it has ended. */
  begin(): Promise<WriteTransaction>
}
