import type {
  Changes,
  CommitMark,
  Committed,
  LastSeen,
  LoadedRows,
  MarkerStore,
  MessageStore,
  Needs,
  OpenBatch,
  Snapshot,
  SnapshotOptions,
  StoreReader,
} from '@cpc-messenger/messenger'
import { laterMark } from '../reads/logs/commit-mark.ts'
import { type CompiledReads, compileReads, SqlSnapshot, SqlStoreReader } from '../reads/store/store-reader.ts'
import type { SqlEngine, WriteTransaction } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { batchLoading, type LoadedBatch } from './batch-loading.ts'
import { batchWriting } from './batch-writing.ts'
import { epochOf, renewEpoch } from './epoch.ts'
import { savingLastSeen } from './last-seen.ts'
import { LazySession } from './lazy-session.ts'
import { PendingMarkers } from './pending-markers.ts'
import { purging } from './purging.ts'
import { sharedSecret } from './shared-secret.ts'
import { SqlMarkerStore } from './sql-marker-store.ts'

type Write = ReturnType<typeof batchWriting>

class SqlBatch implements OpenBatch {
  readonly rows: LoadedRows
  readonly deferred: readonly number[]
  readonly #commit: number | undefined
  readonly #transaction: WriteTransaction
  readonly #write: Write

  constructor({ rows, deferred, commit }: LoadedBatch, transaction: WriteTransaction, write: Write) {
    this.rows = rows
    this.deferred = deferred
    this.#commit = commit
    this.#transaction = transaction
    this.#write = write
  }

  async commit(changes: Changes): Promise<Committed> {
    await using transaction = this.#transaction
    const write = await this.#write(transaction, changes, this.rows.conversations, this.#commit)
    const { written, returned } = write()
    await transaction.commit(written)
    return { returned: await returned }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#transaction[Symbol.asyncDispose]()
  }
}

const noRows: LoadedRows = {
  conversations: [],
  messages: [],
  revisions: [],
  memberships: [],
  users: [],
  reactions: [],
  emojiCounts: [],
  quotas: [],
  presences: [],
  idempotencyKeys: [],
  threads: [],
  threadStates: [],
  mentions: [],
  viewerStates: [],
}

/** The batch when another writer holds the locks of all of its commands. */
const heldBatch = (needs: readonly Needs[]): OpenBatch => ({
  rows: noRows,
  deferred: [...needs.keys()],
  commit: () => Promise.reject(new TypeError('all commands of this batch are deferred')),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

/** The message store over any SQL engine. The schema must be up to date. */
export class SqlMessageStore implements MessageStore {
  readonly epoch: string
  readonly latest: StoreReader
  readonly markers: MarkerStore
  readonly #engine: SqlEngine
  readonly #compiler: StatementCompiler
  readonly #reads: CompiledReads
  readonly #load: ReturnType<typeof batchLoading>
  readonly #write: Write
  readonly #purge: ReturnType<typeof purging>
  readonly #saveLastSeen: ReturnType<typeof savingLastSeen>

  constructor(engine: SqlEngine, epoch: string) {
    const { dialect } = engine
    const compiler = new StatementCompiler(dialect)
    this.epoch = epoch
    this.#engine = engine
    this.#compiler = compiler
    const pendingMarkers = new PendingMarkers()
    this.markers = new SqlMarkerStore(engine, pendingMarkers, compiler)
    this.#reads = compileReads(compiler, dialect, pendingMarkers)
    this.#load = batchLoading(compiler, dialect)
    this.#write = batchWriting(compiler, dialect)
    this.#purge = purging(compiler, dialect)
    this.#saveLastSeen = savingLastSeen(compiler)
    this.latest = new SqlStoreReader(this.#reads, engine.latest)
  }

  /** Every statement of the store. */
  get statements(): StatementCompiler['made'] {
    return this.#compiler.made
  }

  snapshot(options: SnapshotOptions = {}): Snapshot {
    return new SqlSnapshot(this.#reads, new LazySession(this.#engine, options))
  }

  get writers(): number {
    return this.#engine.writers
  }

  async begin(needs: readonly Needs[], { wait = false } = {}): Promise<OpenBatch> {
    const transaction = await this.#engine.begin()
    try {
      return new SqlBatch(await this.#load(transaction, needs, wait), transaction, this.#write)
    } catch (error) {
      await transaction[Symbol.asyncDispose]()
      if (this.#engine.dialect.locks?.isHeld(error)) return heldBatch(needs)
      throw error
    }
  }

  saveLastSeen(seen: readonly LastSeen[]): Promise<void> {
    return this.#saveLastSeen(this.#engine, seen)
  }

  async purge(limit: number): Promise<number> {
    await using transaction = await this.#engine.begin()
    const erased = await this.#purge(transaction, limit)
    await transaction.commit()
    return erased
  }

  laterMark(one: CommitMark, other: CommitMark): CommitMark {
    return laterMark(one, other)
  }

  storedEpoch(): Promise<string> {
    return epochOf(this.#engine)
  }

  async renewEpoch(): Promise<void> {
    await renewEpoch(this.#engine, this.epoch)
  }

  sharedSecret(): Promise<string> {
    return sharedSecret(this.#engine)
  }

  ping(): Promise<void> {
    return this.#engine.ping()
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#engine[Symbol.asyncDispose]()
  }
}
