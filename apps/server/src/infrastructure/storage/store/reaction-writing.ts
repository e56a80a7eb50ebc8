import { setImmediate as turn } from 'node:timers/promises'
import { type Changes, type MessageId, maxSequence, type Reaction, type ReactionKey } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversationId, messageId as messageIdCodec, text as textCodec } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { type ReactionCount, reactionCounts } from '../../tables/messages/reactions.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet, jsonTuples } from '../statements/json-set.ts'
import type { RowsStatement, StatementCompiler } from '../statements/statement.ts'

/** Rows that are erased at once: SQLite takes a few milliseconds for them. */
const rowsAtOnce = 1000

type Counted = Pick<Reaction, 'messageId' | 'emoji' | 'conversationId'>

/** The change in the number of users of each emoji on each message. */
const countChanges = (gone: readonly Counted[], added: readonly Counted[]): readonly ReactionCount[] => {
  const changes = new Map<string, ReactionCount>()
  const count = ({ messageId, emoji, conversationId: of }: Counted, by: 1 | -1): void => {
    const text = `${messageId} ${emoji}`
    changes.set(text, { messageId, emoji, conversationId: of, count: (changes.get(text)?.count ?? 0) + by })
  }
  for (const reaction of gone) count(reaction, -1)
  for (const reaction of added) count(reaction, 1)
  return [...changes.values()].filter(change => change.count !== 0)
}

const reactionStatements = (compiler: StatementCompiler, dialect: SqlDialect) => ({
  remove: compiler.statement<{ keys: string }>('remove reactions')(
    row({ messageId: messageIdCodec, emoji: textCodec, conversationId }),
    (_, param) => sql`
      delete from reactions where (message_id, user_id, emoji) in ${dialect.tupleSet(param('keys'), 3)}
      returning message_id as "messageId", emoji, conversation_id as "conversationId"`,
  ),
  count: compiler.rowsStatement(
    'count reactions',
    'reaction_counts',
    reactionCounts.columns,
    given => sql`
      insert into reaction_counts (${sql.join(reactionCounts.columns.map(({ name }) => sql.ref(name)))}) ${given}
      on conflict (message_id, emoji) do update set count = reaction_counts.count + excluded.count`,
  ),
  uncount: compiler.command<{ ids: string }>('drop empty counts')(
    (_, param) => sql`
      delete from reaction_counts where ${dialect.among('message_id', param('ids'))} and count = 0`,
  ),
  // The bound is one seek in an index: a limit on the deleted rows would be planned as a join.
  erase: compiler.command<{ id: MessageId; bound: number }>('erase reactions')(
    (_, param) => sql`
      delete from reactions where message_id = ${param('id')} and sequence <= coalesce((
        select sequence from reactions where message_id = ${param('id')}
        order by sequence limit 1 offset ${param('bound')}), ${sql.raw(String(maxSequence))})`,
  ),
  eraseCounts: compiler.command<{ ids: string }>('erase reaction counts')(
    (_, param) => sql`delete from reaction_counts where ${dialect.among('message_id', param('ids'))}`,
  ),
})

/** Runs its statements without waiting for them. */
export type Writing = () => readonly Promise<unknown>[]

/** Writes the reactions of a batch and updates their counts. */
export const reactionWriting = (compiler: StatementCompiler, dialect: SqlDialect, insert: RowsStatement<Reaction>) => {
  const { remove, count, uncount, erase, eraseCounts } = reactionStatements(compiler, dialect)

  /** A message may have reactions of every member: the event loop is released between two pieces. */
  const eraseReactionsTo = async (transaction: WriteTransaction, id: MessageId): Promise<void> => {
    while ((await transaction.run(erase, { id, bound: rowsAtOnce - 1 })) === rowsAtOnce) await turn()
  }

  const eraseAll = async (transaction: WriteTransaction, ids: readonly MessageId[]): Promise<void> => {
    if (ids.length === 0) return
    const counts = transaction.run(eraseCounts, { ids: jsonSet(ids) })
    await Promise.all([counts, ...ids.map(id => eraseReactionsTo(transaction, id))])
  }

  /** Removes reactions; returns what is to be written then. */
  return async (transaction: WriteTransaction, changes: Changes): Promise<Writing> => {
    const touched: readonly ReactionKey[] = [...changes.reactionsRemoved, ...changes.reactionsAdded]
    await eraseAll(transaction, changes.reactionsErased)
    if (touched.length === 0) return () => []
    // Replaced reactions are removed first, so that each written row increases a count by one.
    const keys = jsonTuples(touched.map(key => [key.messageId, key.userId, key.emoji]))
    const gone = await transaction.rows(remove, { keys })
    const counts = countChanges(gone, changes.reactionsAdded)
    const fallen = counts.filter(change => change.count < 0).map(change => change.messageId)
    return () => [
      transaction.runEach(insert, changes.reactionsAdded),
      transaction.runEach(count, counts),
      fallen.length === 0 ? Promise.resolve() : transaction.run(uncount, { ids: jsonSet(fallen) }),
    ]
  }
}
