import type { Changes, ReactionKey } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { jsonSet, jsonTuples } from './json-set.ts'
import { reactionRow } from './rows.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { WriteTransaction } from './sql-engine.ts'
import type { RowsStatement, StatementCompiler } from './statement.ts'
import type { ReactionCountRow, ReactionRow } from './tables.ts'

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
  erase: (['reactions', 'reaction_counts'] as const).map(table =>
    compiler.statement<{ ids: string }>(`erase ${table}`)(
      (_, param) => sql`delete from ${sql.table(table)} where ${dialect.among('message_id', param('ids'))}`,
    ),
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
  const { remove, count, uncount, erase } = reactionStatements(compiler, dialect)

  /** Removes what goes; answers what is to be written then. */
  return async (transaction: WriteTransaction, changes: Changes): Promise<Writing> => {
    const touched: readonly ReactionKey[] = [...changes.reactionsRemoved, ...changes.reactionsAdded]
    const erased = changes.reactionsErased.length === 0 ? undefined : { ids: jsonSet(changes.reactionsErased) }
    const erasing: Writing = () => (erased === undefined ? [] : erase.map(each => transaction.run(each, erased)))
    if (touched.length === 0) return erasing
    // What is replaced goes first: so each row that is written is one more.
    const keys = jsonTuples(touched.map(key => [key.messageId, key.userId, key.emoji]))
    const gone = await transaction.rows(remove, { keys })
    const added = changes.reactionsAdded.map(reactionRow)
    const counts = countChanges(gone, added)
    const fallen = counts.filter(change => change.count < 0).map(change => change.message_id)
    return () => [
      transaction.runEach(insert, added),
      transaction.runEach(count, counts),
      ...erasing(),
      fallen.length === 0 ? Promise.resolve() : transaction.run(uncount, { ids: jsonSet(fallen) }),
    ]
  }
}
