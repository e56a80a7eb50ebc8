import type { Changes, ConversationUser } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { conversationId, userId } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonTuples } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'

const returnStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  // In the order in which markers are written, so that no two transactions wait for each other.
  const locked = dialect.locks === undefined ? sql`` : sql`order by s.conversation_id, s.user_id for update of s`
  const returning = (archived: RawBuilder<unknown>) => sql`
    update viewer_states set archived_at = null
    where (conversation_id, user_id) in (${archived} ${locked})
    returning conversation_id as "conversationId", user_id as "userId"`
  const returned = row({ conversationId, userId })
  return {
    named: compiler.statement<{ pairs: string }>('return to archived lists')(returned, (_, param) =>
      returning(sql`
        select s.conversation_id, s.user_id from viewer_states as s
        where (s.conversation_id, s.user_id) in ${dialect.tupleSet(param('pairs'), 2)} and s.archived_at is not null`),
    ),
    everyone: compiler.statement<{ exceptions: string }>('return to all archived lists')(returned, (_, param) =>
      returning(sql`
        select s.conversation_id, s.user_id
        from ${dialect.pairTable(param('exceptions'))} as wanted
        cross join ${dialect.byIndex('viewer_states', 'archived_in_conversation', 's')}
        where s.conversation_id = wanted.first and s.user_id <> wanted.second and s.archived_at is not null`),
    ),
  }
}

/** Returns archived conversations to the lists of users: one statement for named users, one for everyone. */
export const returning = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = returnStatements(compiler, dialect)

  /** Resolves with the users who had archived the conversation. */
  return async (
    transaction: WriteTransaction,
    { returns }: Pick<Changes, 'returns'>,
  ): Promise<readonly ConversationUser[]> => {
    if (returns.length === 0) return []
    const named = returns.flatMap(({ conversationId, userIds, exceptUserId }) =>
      userIds === 'everyone' ? [] : userIds.filter(id => id !== exceptUserId).map(id => [conversationId, id]),
    )
    const exceptions = returns.flatMap(({ conversationId, userIds, exceptUserId }) =>
      userIds === 'everyone' ? [[conversationId, exceptUserId]] : [],
    )
    const found = await Promise.all([
      named.length === 0 ? [] : transaction.rows(statements.named, { pairs: jsonTuples(named) }),
      exceptions.length === 0 ? [] : transaction.rows(statements.everyone, { exceptions: jsonTuples(exceptions) }),
    ])
    return found.flat()
  }
}
