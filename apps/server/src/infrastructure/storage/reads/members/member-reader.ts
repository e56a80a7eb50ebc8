import type { ConversationId, ConversationUser, MemberReader, Membership, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { memberships } from '../../../tables/conversations/memberships.ts'
import { conversationId as conversationIdCodec, userIds } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet, jsonTuples } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { pairText, readInSets } from '../store/read-in-sets.ts'
import { memberSearch } from './member-search.ts'
import { sharedConversations } from './shared-conversations.ts'

type Pairs = readonly ConversationUser[]

interface MembersParams {
  readonly conversationId: ConversationId
  readonly after: number
  readonly limit: number
}

const heroesRow = row({ id: conversationIdCodec, user_ids: userIds })

const heroesStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<{ ids: string; exceptUserId: UserId }>('heroes')(heroesRow, (_, param) => {
    const earliest = sql`
      select user_id as value from memberships
      where conversation_id = wanted.id and left_sequence is null and user_id <> ${param('exceptUserId')}
      order by joined_sequence limit 5`
    return sql`
      select wanted.id, ${dialect.jsonArrayOf(earliest)} as user_ids
      from ${dialect.idTable(param('ids'))} as wanted`
  })

export const memberReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('memberships')(memberships.row, (db, param) =>
    db
      .selectFrom('memberships')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  const ofPairs = compiler.statement<{ pairs: string }>('memberships of pairs')(
    memberships.row,
    (_, param) => sql`
      select * from memberships where (conversation_id, user_id) in ${dialect.tupleSet(param('pairs'), 2)}`,
  )
  // Takes two thirds of the time of the statement above, for the most frequent case: viewers of one conversation.
  const ofConversation = compiler.statement<{ conversationId: ConversationId; userIds: string }>(
    'memberships of a conversation',
  )(memberships.row, (db, param) =>
    db
      .selectFrom('memberships')
      .selectAll()
      .where('conversation_id', '=', param('conversationId'))
      .where(dialect.among('user_id', param('userIds'))),
  )
  const members = compiler.statement<MembersParams>('members')(memberships.row, (db, param) =>
    db
      .selectFrom('memberships')
      .selectAll()
      .where('conversation_id', '=', param('conversationId'))
      .where('left_sequence', 'is', null)
      .where('joined_sequence', '>', param('after'))
      .orderBy('joined_sequence')
      .limit(param('limit')),
  )
  const readPairs = async (session: ReadSession, pairs: Pairs): Promise<readonly Membership[]> => {
    const [first] = pairs
    if (first === undefined) return []
    const { conversationId } = first
    const rows = pairs.every(pair => pair.conversationId === conversationId)
      ? await session.rows(ofConversation, { conversationId, userIds: jsonSet(pairs.map(({ userId }) => userId)) })
      : await session.rows(ofPairs, { pairs: jsonTuples(pairs.map(pair => [pair.conversationId, pair.userId])) })
    return rows
  }
  const byPairs = (session: ReadSession, pairs: Pairs): Promise<readonly Membership[]> =>
    readInSets(session, pairs, dialect.rowsAtOnce, readPairs, pairText)
  const heroes = heroesStatement(compiler, dialect)
  const shared = sharedConversations(compiler, dialect)
  const search = memberSearch(compiler, dialect, byPairs)
  return (session: ReadSession): MemberReader => ({
    byIds: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(byIds, { ids: jsonSet(set) })),

    byPairs: pairs => byPairs(session, pairs),

    page: ({ conversationId, after = 0, limit }) => session.rows(members, { conversationId, after, limit }),

    search: request => search(session, request),

    heroes: (ids, exceptUserId) =>
      readInSets(session, ids, dialect.rowsAtOnce, async (inner, set) =>
        (await inner.rows(heroes, { ids: jsonSet(set), exceptUserId })).flatMap(({ id, user_ids }) =>
          user_ids.map(userId => ({ conversationId: id, userId })),
        ),
      ),

    shared: (userId, ids) => shared(session, userId, ids),
  })
}
