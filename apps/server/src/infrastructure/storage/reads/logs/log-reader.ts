import type {
  ConversationId,
  ConversationUser,
  EventRows,
  LogEvent,
  LogMembership,
  LogPage,
  LogPageRequest,
  LogReader,
  MessageId,
  UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { events as table } from '../../../tables/conversations/events.ts'
import {
  conversationId as conversationIdCodec,
  count,
  nullable,
  sequence,
  text,
  userId,
} from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet, jsonTuples } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import type { conversationReader } from '../conversations/conversation-reader.ts'
import type { memberReader } from '../members/member-reader.ts'
import type { messageReader } from '../messages/message-reader.ts'
import { pairText, readInSets } from '../store/read-in-sets.ts'

interface LogPageParams {
  readonly conversationId: ConversationId
  readonly after: number
  readonly limit: number
}

type Pairs = readonly ConversationUser[]

const headAndMembership = { head: count, membership_id: nullable(text), left_sequence: nullable(sequence) }

const isMember = (found: { readonly membership_id: string | null; readonly left_sequence: number | null }): boolean =>
  found.membership_id !== null && found.left_sequence === null

const nothing: EventRows = { messages: [], memberships: [], conversations: [] }

/** Events of a thread are in four indexes: those about replies, and those about the root: sent, changed, reacted to. */
const threadPageStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<LogPageParams & { rootId: MessageId }>('log page of a thread')(table.row, (_, param) => {
    const later = sql`e.conversation_id = ${param('conversationId')} and e.sequence > ${param('after')}`
    const inOrder = sql`order by e.sequence limit ${param('limit')}`
    return sql`
      select * from (
        select * from (
          select e.* from ${dialect.byIndex('events', 'thread_events', 'e')}
          where ${later} and e.thread_root_id = ${param('rootId')} and e.thread_root_id is not null ${inOrder}
        ) as replies
        union all
        select e.* from messages as m join events as e on e.conversation_id = m.conversation_id and e.sequence = m.sequence
        where m.id = ${param('rootId')} and ${later}
        union all
        select * from (
          select e.* from ${dialect.byIndex('events', 'message_changes', 'e')}
          where ${later} and e.message_id = ${param('rootId')} and e.type in ('MessageUpdated', 'MessageDeleted') ${inOrder}
        ) as changes
        union all
        select * from (
          select e.* from ${dialect.byIndex('events', 'reaction_events', 'e')}
          where ${later} and e.message_id = ${param('rootId')} and e.emoji is not null ${inOrder}
        ) as reacted
      ) as found order by sequence limit ${param('limit')}`
  })

const logStatements = (compiler: StatementCompiler, dialect: SqlDialect) => ({
  one: compiler.statement<{ conversationId: ConversationId; viewerId: UserId }>('head and membership')(
    row(headAndMembership),
    (_, param) => sql`
      select c.last_sequence as head, m.id as membership_id, m.left_sequence
      from conversations as c
      left join memberships as m on m.conversation_id = c.id and m.user_id = ${param('viewerId')}
      where c.id = ${param('conversationId')}`,
  ),
  several: compiler.statement<{ pairs: string }>('heads and memberships of pairs')(
    row({ ...headAndMembership, conversation_id: conversationIdCodec, user_id: userId }),
    (_, param) => sql`
      select c.id as conversation_id, wanted.second as user_id, c.last_sequence as head, m.id as membership_id,
        m.left_sequence
      from ${dialect.pairTable(param('pairs'))} as wanted
      join conversations as c on c.id = wanted.first
      left join memberships as m on m.conversation_id = c.id and m.user_id = wanted.second`,
  ),
  head: compiler.statement<{ conversationId: ConversationId }>('head')(row({ head: count }), (db, param) =>
    db.selectFrom('conversations').select('last_sequence as head').where('id', '=', param('conversationId')),
  ),
  heads: compiler.statement<{ ids: string }>('heads')(
    row({ conversationId: conversationIdCodec, head: count }),
    (db, param) =>
      db
        .selectFrom('conversations')
        .select(['id as conversationId', 'last_sequence as head'])
        .where(dialect.among('id', param('ids'))),
  ),
  page: compiler.statement<LogPageParams>('log page')(table.row, (db, param) =>
    db
      .selectFrom('events')
      .selectAll()
      .where('conversation_id', '=', param('conversationId'))
      .where('sequence', '>', param('after'))
      .orderBy('sequence')
      .limit(param('limit')),
  ),
  reactionPage: compiler.statement<LogPageParams & { messageId: MessageId }>('log page of reactions')(
    table.row,
    (_, param) => sql`
      select * from ${dialect.byIndex('events', 'reaction_events', 'e')}
      where conversation_id = ${param('conversationId')} and message_id = ${param('messageId')}
        and emoji is not null and sequence > ${param('after')}
      order by sequence limit ${param('limit')}`,
  ),
  threadPage: threadPageStatement(compiler, dialect),
})

/** The readers of the rows that events refer to. */
interface RowReaders {
  readonly messages: ReturnType<typeof messageReader>
  readonly members: ReturnType<typeof memberReader>
  readonly conversations: ReturnType<typeof conversationReader>
}

export const logReader = (
  compiler: StatementCompiler,
  dialect: SqlDialect,
  { messages, members, conversations }: RowReaders,
) => {
  const { one, several, head: headOnly, heads, page, reactionPage, threadPage } = logStatements(compiler, dialect)

  const rowsOf = async (session: ReadSession, events: readonly LogEvent[]): Promise<EventRows> => {
    const messageIds = events.flatMap(event => ('messageId' in event ? [event.messageId] : []))
    const membershipIds = events.flatMap(event => ('membershipId' in event ? [event.membershipId] : []))
    const updated = events.find(event => event.type === 'ConversationUpdated')
    return {
      messages: messageIds.length === 0 ? [] : await messages(session).byIds(messageIds),
      memberships: membershipIds.length === 0 ? [] : await members(session).byIds(membershipIds),
      conversations: updated === undefined ? [] : await conversations(session).byIds([updated.conversationId]),
    }
  }
  const eventsOf = async (session: ReadSession, request: LogPageRequest): Promise<readonly LogEvent[]> => {
    const { conversationId, after, limit, filter } = request
    const place = { conversationId, after, limit }
    if (filter === undefined) return await session.rows(page, place)
    return filter.kind === 'reactions'
      ? await session.rows(reactionPage, { ...place, messageId: filter.messageId })
      : await session.rows(threadPage, { ...place, rootId: filter.rootId })
  }
  /** A deleted conversation keeps only its last event, which ended only the memberships that were active then. */
  const endingOf = async (session: ReadSession, request: LogPageRequest, ending: number | null) => {
    if (ending === null || ending <= request.after) return []
    const { conversationId } = request
    const events = await eventsOf(session, { conversationId, after: ending - 1, limit: 1 })
    return events.filter(event => event.sequence === ending)
  }

  const read = async (session: ReadSession, request: LogPageRequest): Promise<LogPage> => {
    const { conversationId, viewerId } = request
    const [found] =
      viewerId === undefined
        ? (await session.rows(headOnly, { conversationId })).map(row => ({
            ...row,
            membership_id: '',
            left_sequence: null,
          }))
        : await session.rows(one, { conversationId, viewerId })
    if (found === undefined) return { events: [], rows: nothing, head: 0, member: viewerId === undefined }
    const { head, left_sequence: ending } = found
    const member = isMember(found)
    const events = member ? await eventsOf(session, request) : await endingOf(session, request, ending)
    return { events, rows: await rowsOf(session, events), head, member }
  }
  const readLogMemberships = async (session: ReadSession, pairs: Pairs): Promise<readonly LogMembership[]> => {
    const tuples = jsonTuples(pairs.map(({ conversationId, userId }) => [conversationId, userId]))
    return (await session.rows(several, { pairs: tuples })).map(row => ({
      conversationId: row.conversation_id,
      userId: row.user_id,
      head: row.head,
      member: isMember(row),
    }))
  }
  return (session: ReadSession): LogReader => ({
    page: request => session.together(inner => read(inner, request)),

    memberships: pairs => readInSets(session, pairs, dialect.rowsAtOnce, readLogMemberships, pairText),

    heads: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(heads, { ids: jsonSet(set) })),
  })
}
