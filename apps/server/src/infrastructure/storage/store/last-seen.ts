import type { LastSeen } from '@cpc-messenger/messenger'
import type { TableColumn } from '../../tables/definition/table.ts'
import type { SqlEngine } from '../statements/engine.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { upsertStatement } from '../statements/write-statements.ts'

/** The rows of one transaction, so that batches do not wait for long. */
const rowsAtOnce = 1000

/** A user who is not stored yet has chosen nothing. */
const columns: readonly TableColumn<LastSeen>[] = [
  { name: 'user_id', onConflict: 'key', write: ({ userId }) => userId },
  { name: 'choice', onConflict: 'kept', write: () => 'AUTOMATIC' },
  { name: 'changed_at', onConflict: 'kept', write: () => 0 },
  { name: 'last_seen_at', onConflict: 'greatest', write: ({ lastSeenAt }) => lastSeenAt },
]

/** Sorts rows that several nodes may write, so that all write them in the same order. */
const inOrder = (seen: readonly LastSeen[]): readonly LastSeen[] =>
  seen.toSorted((one, other) => (one.userId < other.userId ? -1 : 1))

/** Writes when users were last seen, in as few transactions as their number allows. */
export const savingLastSeen = (compiler: StatementCompiler) => {
  const write = upsertStatement(compiler, 'presences', { columns }, 'write last seen')
  return async (engine: SqlEngine, seen: readonly LastSeen[]): Promise<void> => {
    const rows = inOrder(seen)
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      await using transaction = await engine.begin()
      await transaction.commit([transaction.runEach(write, rows.slice(start, start + rowsAtOnce))])
    }
  }
}
