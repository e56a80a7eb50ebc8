import type {
  ConversationId,
  EventRows,
  LogEvent,
  LogMembership,
  LogPage,
  LogPageRequest,
  MessageId,
  StoreReader,
  UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import type { SqlDialect } from '../statements/dialect.ts'
import type { ReadSession } from '../statements/engine.ts'
import { jsonTuples } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { parseEvent } from '../tables/rows.ts'
import type { EventRow } from '../tables/tables.ts'
import type { conversationReads } from './conversation-reads.ts'
import type { memberReads } from './member-reads.ts'
import type { messageReads } from './message-reads.ts'
import { pairText, readInSets } from './read-in-sets.ts'

interface PageParams {
  readonly conversationId: ConversationId
  readonly after: number
  readonly limit: number
}

type Pairs = Parameters<StoreReader['logMemberships']>[0]

interface StandingRow {
  readonly head: number
  readonly membership_id: string | null
  readonly left_sequence: number | null
}

const isMember = (row: StandingRow): boolean => row.membership_id !== null && row.left_sequence === null

const nothing: EventRows = { messages: [], memberships: [], conversations: [] }

const logStatements = (compiler: StatementCompiler, dialect: SqlDialect) => ({
  standing: compiler.statement<{ conversationId: ConversationId; viewerId: UserId }>('head and membership')(
    (_, param) => sql<StandingRow>`
      select c.last_sequence as head, m.id as membership_id, m.left_sequence
      from conversations as c
      left join memberships as m on m.conversation_id = c.id and m.user_id = ${param('viewerId')}
      where c.id = ${param('conversationId')}`,
  ),
  logMemberships: compiler.statement<{ pairs: string }>('heads and memberships of pairs')(
    (_, param) => sql<StandingRow & { conversation_id: ConversationId; user_id: UserId }>`
      select c.id as conversation_id, wanted.second as user_id, c.last_sequence as head, m.id as membership_id,
        m.left_sequence
      from ${dialect.pairTable(param('pairs'))} as wanted
      join conversations as c on c.id = wanted.first
      left join memberships as m on m.conversation_id = c.id and m.user_id = wanted.second`,
  ),
  head: compiler.statement<{ conversationId: ConversationId }>('head')((db, param) =>
    db.selectFrom('conversations').select('last_sequence as head').where('id', '=', param('conversationId')),
  ),
  page: compiler.statement<PageParams>('log page')((db, param) =>
    db
      .selectFrom('events')
      .selectAll()
      .where('conversation_id', '=', param('conversationId'))
      .where('sequence', '>', param('after'))
      .orderBy('sequence')
      .limit(param('limit')),
  ),
  reactionPage: compiler.statement<PageParams & { messageId: MessageId }>('log page of reactions')(
    (_, param) => sql<EventRow>`
      select * from ${dialect.byIndex('events', 'reaction_events', 'e')}
      where conversation_id = ${param('conversationId')} and message_id = ${param('messageId')}
        and emoji is not null and sequence > ${param('after')}
      order by sequence limit ${param('limit')}`,
  ),
})

type Subjects = Pick<ReturnType<typeof messageReads>, 'messages'> &
  Pick<ReturnType<typeof memberReads>, 'memberships'> &
  Pick<ReturnType<typeof conversationReads>, 'conversations'>

export const logReads = (
  compiler: StatementCompiler,
  dialect: SqlDialect,
  { messages, memberships, conversations }: Subjects,
) => {
  const { standing, logMemberships, head: headOnly, page, reactionPage } = logStatements(compiler, dialect)

  const rowsOf = async (session: ReadSession, events: readonly LogEvent[]): Promise<EventRows> => {
    const messageIds = events.flatMap(event => ('messageId' in event ? [event.messageId] : []))
    const membershipIds = events.flatMap(event => ('membershipId' in event ? [event.membershipId] : []))
    const updated = events.find(event => event.type === 'ConversationUpdated')
    return {
      messages: messageIds.length === 0 ? [] : await messages(session, messageIds),
      memberships: membershipIds.length === 0 ? [] : await memberships(session, membershipIds),
      conversations: updated === undefined ? [] : await conversations(session, [updated.conversationId]),
    }
  }
  const eventsOf = async (session: ReadSession, request: LogPageRequest): Promise<readonly LogEvent[]> => {
    const { conversationId, after, limit, reactionsTo } = request
    const rows =
      reactionsTo === undefined
        ? await session.rows(page, { conversationId, after, limit })
        : await session.rows(reactionPage, { conversationId, after, limit, messageId: reactionsTo })
    return rows.map(parseEvent)
  }
  /** Of a deleted conversation only the last event is left, and it ended only the memberships that stood then. */
  const endingOf = async (session: ReadSession, request: LogPageRequest, ending: number | null) => {
    if (ending === null || ending <= request.after) return []
    const { conversationId } = request
    const events = await eventsOf(session, { conversationId, after: ending - 1, limit: 1 })
    return events.filter(event => event.sequence === ending)
  }

  const read = async (session: ReadSession, request: LogPageRequest): Promise<LogPage> => {
    const { conversationId, viewerId } = request
    const [stands] =
      viewerId === undefined
        ? (await session.rows(headOnly, { conversationId })).map(row => ({
            ...row,
            membership_id: '',
            left_sequence: null,
          }))
        : await session.rows(standing, { conversationId, viewerId })
    if (stands === undefined) return { events: [], rows: nothing, head: 0, member: viewerId === undefined }
    const { head, left_sequence: ending } = stands
    const member = isMember(stands)
    const events = member ? await eventsOf(session, request) : await endingOf(session, request, ending)
    return { events, rows: await rowsOf(session, events), head, member }
  }
  const readLogMemberships = async (session: ReadSession, pairs: Pairs): Promise<readonly LogMembership[]> => {
    const tuples = jsonTuples(pairs.map(({ conversationId, userId }) => [conversationId, userId]))
    return (await session.rows(logMemberships, { pairs: tuples })).map(row => ({
      conversationId: row.conversation_id,
      userId: row.user_id,
      head: row.head,
      member: isMember(row),
    }))
  }
  return {
    logPage: (session: ReadSession, request: LogPageRequest): Promise<LogPage> =>
      session.together(inner => read(inner, request)),

    logMemberships: (session: ReadSession, pairs: Pairs): Promise<readonly LogMembership[]> =>
      readInSets(session, pairs, dialect.rowsAtOnce, readLogMemberships, pairText),
  }
}
