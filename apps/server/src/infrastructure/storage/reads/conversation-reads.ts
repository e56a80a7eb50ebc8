import type { Conversation, ConversationId, ConversationKind, StoreReader, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { folded, type PrefixRange, prefixRange } from '../folded.ts'
import { jsonSet } from '../json-set.ts'
import { parseConversation } from '../rows.ts'
import type { SqlDialect } from '../sql-dialect.ts'
import type { ReadSession } from '../sql-engine.ts'
import type { StatementCompiler } from '../statement.ts'
import type { ConversationRow } from '../tables.ts'
import { readInSets } from './read-in-sets.ts'

type OfUserRequest = Parameters<StoreReader['conversationsOf']>[0]
type ChannelsRequest = Parameters<StoreReader['channels']>[0]

const everyKind = ['DIRECT', 'GROUP', 'CHANNEL'] as const satisfies readonly ConversationKind[]

interface OfUserParams {
  readonly userId: UserId
  readonly kinds: string
  readonly lastActivityAt: number
  readonly id: string
  readonly limit: number
}

const ofUserStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<OfUserParams>('conversations of a user')(
    (_, param) => sql<ConversationRow>`
      select c.* from memberships as m join conversations as c on c.id = m.conversation_id
      where m.user_id = ${param('userId')} and m.left_sequence is null
        and ${dialect.among('c.kind', param('kinds'))}
        and (c.last_activity_at < ${param('lastActivityAt')}
          or (c.last_activity_at = ${param('lastActivityAt')} and c.id < ${param('id')}))
      order by c.last_activity_at desc, c.id desc limit ${param('limit')}`,
  )

const channelsStatement = (compiler: StatementCompiler) =>
  compiler.statement<PrefixRange & { limit: number }>('channels')(
    (_, param) => sql<ConversationRow>`
      select * from conversations
      where kind = 'CHANNEL' and deleted_at is null
        and folded_name >= ${param('from')} and folded_name < ${param('end')}
        and (folded_name > ${param('from')} or id > ${param('afterId')})
      order by folded_name, id limit ${param('limit')}`,
  )

export const conversationReads = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('conversations')((db, param) =>
    db
      .selectFrom('conversations')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  const byKey = compiler.statement<{ key: string }>('conversation by key')((db, param) =>
    db.selectFrom('conversations').selectAll().where('key', '=', param('key')),
  )
  const heads = compiler.statement<{ ids: string }>('heads')((db, param) =>
    db
      .selectFrom('conversations')
      .select(['id', 'last_sequence'])
      .where(dialect.among('id', param('ids'))),
  )
  const ofUser = ofUserStatement(compiler, dialect)
  const channels = channelsStatement(compiler)
  return {
    conversations: (session: ReadSession, ids: readonly ConversationId[]): Promise<readonly Conversation[]> =>
      readInSets(session, ids, dialect.rowsAtOnce, async (inner, set) =>
        (await inner.rows(byIds, { ids: jsonSet(set) })).map(parseConversation),
      ),

    conversationByKey: async (session: ReadSession, key: string): Promise<Conversation | undefined> =>
      (await session.rows(byKey, { key })).map(parseConversation)[0],

    heads: (session: ReadSession, ids: readonly ConversationId[]) =>
      readInSets(session, ids, dialect.rowsAtOnce, async (inner, set) =>
        (await inner.rows(heads, { ids: jsonSet(set) })).map(row => ({
          conversationId: row.id,
          head: row.last_sequence,
        })),
      ),

    conversationsOf: async (session: ReadSession, request: OfUserRequest): Promise<readonly Conversation[]> => {
      const { userId, kinds = everyKind, after, limit } = request
      const { lastActivityAt, id } = after ?? { lastActivityAt: Number.MAX_SAFE_INTEGER, id: '' }
      const rows = await session.rows(ofUser, { userId, kinds: jsonSet(kinds), lastActivityAt, id, limit })
      return rows.map(parseConversation)
    },

    channels: async (session: ReadSession, request: ChannelsRequest): Promise<readonly Conversation[]> => {
      const after = request.after && { name: folded(request.after.name), id: request.after.id }
      const range = prefixRange(folded(request.search ?? ''), after)
      return (await session.rows(channels, { ...range, limit: request.limit })).map(parseConversation)
    },
  }
}
