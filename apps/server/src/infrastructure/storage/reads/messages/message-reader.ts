import { type ConversationId, type MessageId, type MessageReader, maxSequence } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversationId as conversationIdCodec, messageId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import { messageRevisions } from '../../../tables/messages/message-revisions.ts'
import { messages } from '../../../tables/messages/messages.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'

interface TimelineParams {
  readonly conversationId: ConversationId
  readonly after: number
  readonly last: number
  readonly limit: number
}

export const messageReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('messages')(messages.row, (db, param) =>
    db
      .selectFrom('messages')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  const conversations = compiler.statement<{ ids: string }>('conversations of messages')(
    row({ messageId, conversationId: conversationIdCodec }),
    (db, param) =>
      db
        .selectFrom('messages')
        .select(['id as messageId', 'conversation_id as conversationId'])
        .where(dialect.among('id', param('ids'))),
  )
  const page = (direction: 'asc' | 'desc') =>
    compiler.statement<TimelineParams>(`timeline ${direction}`)(
      messages.row,
      (_, param) => sql`
        select * from ${dialect.byIndex('messages', 'timeline', 'm')}
        where conversation_id = ${param('conversationId')} and in_timeline = 1
          and sequence > ${param('after')} and sequence <= ${param('last')}
        order by sequence ${sql.raw(direction)} limit ${param('limit')}`,
    )
  const oldest = page('asc')
  const newest = page('desc')
  const last = compiler.statement<{ ids: string }>('last messages')(
    messages.row,
    (_, param) => sql`
      select m.* from ${dialect.idTable(param('ids'))} as wanted
      join messages as m on m.conversation_id = wanted.id
        and m.sequence = (select max(sequence) from messages where conversation_id = wanted.id and in_timeline = 1)`,
  )
  const revisions = compiler.statement<{ messageId: MessageId; after: number; limit: number }>('revisions')(
    messageRevisions.row,
    (_, param) => sql`
      select r.* from message_revisions as r join conversations as c on c.id = r.conversation_id
      where r.message_id = ${param('messageId')} and r.version > ${param('after')}
        and r.history_generation = c.history_generation
      order by r.version limit ${param('limit')}`,
  )
  return (session: ReadSession): MessageReader => ({
    byIds: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(byIds, { ids: jsonSet(set) })),

    conversationsOf: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(conversations, { ids: jsonSet(set) })),

    revisions: ({ messageId: id, after = 0, limit }) => session.rows(revisions, { messageId: id, after, limit }),

    timeline: async request => {
      const { conversationId, after = 0, before = maxSequence + 1, end, limit } = request
      const bounds = { after: Math.min(after, maxSequence), last: Math.min(before, maxSequence + 1) - 1 }
      const rows = await session.rows(end === 'oldest' ? oldest : newest, { conversationId, ...bounds, limit })
      return end === 'oldest' ? rows : rows.toReversed()
    },

    lastOf: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(last, { ids: jsonSet(set) })),
  })
}
