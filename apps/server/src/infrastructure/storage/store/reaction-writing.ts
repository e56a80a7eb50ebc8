import { setImmediate as turn } from 'node:timers/promises'
import { type Changes, type MessageId, maxSequence, type ReactionKey } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet, jsonTuples } from '../statements/json-set.ts'
import type { RowsStatement, StatementCompiler } from '../statements/statement.ts'
import { reactionRow } from '../tables/rows.ts'
import type { ReactionCountRow, ReactionRow } from '../tables/tables.ts'

/** Rows that are erased at once: SQLite takes a few milliseconds for them. */
const rowsAtOnce = 1000

type Counted = Pick<ReactionRow, 'message_id' | 'emoji' | 'conversation_id'>

/** How much each emoji on each message gains or loses. */
const countChanges = (gone: readonly Counted[], added: readonly Counted[]): readonly ReactionCountRow[] => {
  const changes = new Map<string, ReactionCountRow>()
  const count = (row: Counted, by: 1 | -1): void => {
    const { message_id, emoji, conversation_id } = row
    const text = `${message_id} ${emoji}`
    changes.set(text, { message_id, emoji, conversation_id, count: (changes.get(text)?.count ?? 0) + by })
  }
  for (const row of gone) count(row, -1)
  for (const row of added) count(row, 1)
  return [...changes.values()].filter(change => change.count !== 0)
}

const reactionStatements = (compiler: StatementCompiler, dialect: SqlDialect) => ({
  remove: compiler.statement<{ keys: string }>('remove reactions')(
    (_, param) => sql<Counted>`
      delete from reactions where (message_id, user_id, emoji) in ${dialect.tupleSet(param('keys'), 3)}
      returning message_id, emoji, conversation_id`,
  ),
  count: compiler.rowsStatement<ReactionCountRow>('count reactions')(
    'reaction_counts',
    ['message_id', 'emoji', 'conversation_id', 'count'],
    given => sql`
      insert into reaction_counts (message_id, emoji, conversation_id, count) ${given}
      on conflict (message_id, emoji) do update set count = reaction_counts.count + excluded.count`,
  ),
  uncount: compiler.statement<{ ids: string }>('drop empty counts')(
    (_, param) => sql`
      delete from reaction_counts where ${dialect.among('message_id', param('ids'))} and count = 0`,
  ),
  // The bound is one place in an index: a limit on the rows to delete would make a join of them.
  erase: compiler.statement<{ id: MessageId; bound: number }>('erase reactions')(
    (_, param) => sql`
      delete from reactions where message_id = ${param('id')} and sequence <= coalesce((
        select sequence from reactions where message_id = ${param('id')}
        order by sequence limit 1 offset ${param('bound')}), ${sql.raw(String(maxSequence))})`,
  ),
  eraseCounts: compiler.statement<{ ids: string }>('erase reaction counts')(
    (_, param) => sql`delete from reaction_counts where ${dialect.among('message_id', param('ids'))}`,
  ),
})

/** Calls for its statements, and waits for none. */
export type Writing = () => readonly Promise<unknown>[]

/** Writes the reactions of a batch and keeps their counts. */
export const reactionWriting = (
  compiler: StatementCompiler,
  dialect: SqlDialect,
  insert: RowsStatement<ReactionRow>,
) => {
  const { remove, count, uncount, erase, eraseCounts } = reactionStatements(compiler, dialect)

  /** Everybody may have reacted to a message: between two pieces others have the event loop. */
  const eraseReactionsTo = async (transaction: WriteTransaction, id: MessageId): Promise<void> => {
    while ((await transaction.run(erase, { id, bound: rowsAtOnce - 1 })) === rowsAtOnce) await turn()
  }

  const eraseAll = async (transaction: WriteTransaction, ids: readonly MessageId[]): Promise<void> => {
    if (ids.length === 0) return
    const counts = transaction.run(eraseCounts, { ids: jsonSet(ids) })
    await Promise.all([counts, ...ids.map(id => eraseReactionsTo(transaction, id))])
  }

  /** Removes what goes; answers what is to be written then. */
  return async (transaction: WriteTransaction, changes: Changes): Promise<Writing> => {
    const touched: readonly ReactionKey[] = [...changes.reactionsRemoved, ...changes.reactionsAdded]
    await eraseAll(transaction, changes.reactionsErased)
    if (touched.length === 0) return () => []
    // What is replaced goes first: so each row that is written is one more.
    const keys = jsonTuples(touched.map(key => [key.messageId, key.userId, key.emoji]))
    const gone = await transaction.rows(remove, { keys })
    const added = changes.reactionsAdded.map(reactionRow)
    const counts = countChanges(gone, added)
    const fallen = counts.filter(change => change.count < 0).map(change => change.message_id)
    return () => [
      transaction.runEach(insert, added),
      transaction.runEach(count, counts),
      fallen.length === 0 ? Promise.resolve() : transaction.run(uncount, { ids: jsonSet(fallen) }),
    ]
  }
}
