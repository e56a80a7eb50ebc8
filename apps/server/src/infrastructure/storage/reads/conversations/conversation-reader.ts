import type { Conversation, ConversationId, ConversationReader } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversations as table } from '../../../tables/conversations/conversations.ts'
import { folded, type PrefixRange, prefixRange } from '../../../tables/definition/folded.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'
import { conversationsOfUser } from './conversations-of-user.ts'

const channelsStatement = (compiler: StatementCompiler) =>
  compiler.statement<PrefixRange & { limit: number }>('channels')(
    table.row,
    (_, param) => sql`
      select * from conversations
      where kind = 'CHANNEL' and deleted_at is null
        and (folded_name, id) > (${param('from')}, ${param('afterId')}) and folded_name < ${param('end')}
      order by folded_name, id limit ${param('limit')}`,
  )

export const conversationReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('conversations')(table.row, (db, param) =>
    db
      .selectFrom('conversations')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  const byKey = compiler.statement<{ key: string }>('conversation by key')(table.row, (db, param) =>
    db.selectFrom('conversations').selectAll().where('key', '=', param('key')),
  )
  const channels = channelsStatement(compiler)
  const conversations = (session: ReadSession, ids: readonly ConversationId[]): Promise<readonly Conversation[]> =>
    readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(byIds, { ids: jsonSet(set) }))
  const ofUser = conversationsOfUser(compiler, dialect, conversations)
  return (session: ReadSession): ConversationReader => ({
    byIds: ids => conversations(session, ids),

    byKey: async key => (await session.rows(byKey, { key }))[0],

    ofUser: request => ofUser(session, request),

    channels: request => {
      const after = request.after && { name: folded(request.after.name), id: request.after.id }
      const range = prefixRange(folded(request.search ?? ''), after)
      return session.rows(channels, { ...range, limit: request.limit })
    },
  })
}
