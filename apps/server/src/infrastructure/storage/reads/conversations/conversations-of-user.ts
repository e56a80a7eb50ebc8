import type { Conversation, ConversationId, UserConversationsRequest, UserId } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { activitySlotOf, conversationKinds, conversations } from '../../../tables/conversations/conversations.ts'
import { conversationId, instant, count as number } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { Param, StatementCompiler } from '../../statements/statement.ts'

/** The numbers of index entries that one statement scans: few at first, because a page is mostly found soon. */
const firstEntries = 250
const entriesAtOnce = 1000
/** The most index entries that are scanned for one page. */
const maxEntries = 20_000

interface Active {
  readonly id: ConversationId
  readonly lastActivityAt: number
}

/** A range of the memberships of a user: after this conversation. */
interface PieceParams {
  readonly userId: UserId
  readonly after: ConversationId | ''
  readonly entries: number
}

interface ActivityPlace {
  readonly slot: number
  readonly id: ConversationId | ''
}

/** Only conversations after this place in the list, of these kinds. */
interface Filter {
  readonly kinds: string
  /** 1: conversations that the user has archived are left out. */
  readonly withoutArchived: 0 | 1
  readonly lastActivityAt: number
  readonly id: ConversationId | ''
}

interface Listing {
  readonly userId: UserId
  readonly withoutArchived: 0 | 1
}

/** Whether the user has not archived the conversation, if those are left out. */
const isListed = (id: string, param: Param<Listing>): RawBuilder<unknown> => sql`
  (${param('withoutArchived')} = 0 or not exists (
    select 1 from viewer_states as s
    where s.conversation_id = ${sql.ref(id)} and s.user_id = ${param('userId')} and s.archived_at is not null))`

const listStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byActivity = dialect.byIndex('conversations', 'conversations_by_activity', 'c')
  const memberships = dialect.byIndex('memberships', 'standing_of_user', 'm')
  return {
    piece: compiler.statement<PieceParams & Filter & { limit: number }>('conversations of a user')(
      conversations.row,
      (_, param) => sql`
        select c.* from (
          select conversation_id from memberships
          where user_id = ${param('userId')} and left_sequence is null and conversation_id > ${param('after')}
          order by conversation_id limit ${param('entries')}
        ) as piece cross join conversations as c
        where c.id = piece.conversation_id and ${dialect.among('c.kind', param('kinds'))} and ${isListed('c.id', param)}
          and (c.last_activity_at < ${param('lastActivityAt')}
            or (c.last_activity_at = ${param('lastActivityAt')} and c.id < ${param('id')}))
        order by c.last_activity_at desc, c.id desc limit ${param('limit')}`,
    ),
    lastOfPiece: compiler.statement<PieceParams>('the last of so many conversations of a user')(
      row({ conversation_id: conversationId }),
      (_, param) => sql`
        select conversation_id from memberships
        where user_id = ${param('userId')} and left_sequence is null and conversation_id > ${param('after')}
        order by conversation_id limit 1 offset ${param('entries')} - 1`,
    ),
    count: compiler.statement<{ userId: UserId; max: number }>('conversations of a user, up to a number')(
      row({ conversations: number }),
      (_, param) => sql`
        select count(*) as conversations from (
          select 1 from memberships where user_id = ${param('userId')} and left_sequence is null
          order by conversation_id limit ${param('max')}
        ) as counted`,
    ),
    // A subquery for each row, so that no planner starts with the memberships.
    active: compiler.statement<ActivityPlace & Listing & { kinds: string; entries: number }>(
      'conversations of a user by activity',
    )(
      row({ id: conversationId, lastActivityAt: instant }),
      (_, param) => sql`
        select walked.id, walked.last_activity_at as "lastActivityAt" from (
          select c.id, c.last_activity_at, c.kind from ${byActivity}
          where c.deleted_at is null and (c.active_slot, c.id) < (${param('slot')}, ${param('id')})
          order by c.active_slot desc, c.id desc limit ${param('entries')}
        ) as walked
        where ${dialect.among('walked.kind', param('kinds'))} and (
          select 1 from ${memberships}
          where m.user_id = ${param('userId')} and m.conversation_id = walked.id and m.left_sequence is null
        ) = 1 and ${isListed('walked.id', param)}`,
    ),
    lastActive: compiler.statement<ActivityPlace & { entries: number }>('the last of so many active conversations')(
      row({ slot: number, id: conversationId }),
      (_, param) => sql`
        select c.active_slot as slot, c.id from ${byActivity}
        where c.deleted_at is null and (c.active_slot, c.id) < (${param('slot')}, ${param('id')})
        order by c.active_slot desc, c.id desc limit 1 offset ${param('entries')} - 1`,
    ),
  }
}

const beforeAll = { lastActivityAt: Number.MAX_SAFE_INTEGER, id: '' } as const

const newestFirst = (one: Active, other: Active): number =>
  other.lastActivityAt - one.lastActivityAt || (one.id < other.id ? 1 : -1)

/**
 * The conversations of a user, latest activity first. For a user with few, all are read. For one with many, the conversations of
 * the server are scanned by activity, which finds a page soon if many of them are the user's; after as many steps as the user has
 * conversations, all of the user's are read after all.
 */
export const conversationsOfUser = (
  compiler: StatementCompiler,
  dialect: SqlDialect,
  conversationsOf: (session: ReadSession, ids: readonly ConversationId[]) => Promise<readonly Conversation[]>,
) => {
  const statements = listStatements(compiler, dialect)
  const lastOfPiece = async (session: ReadSession, userId: UserId, after: ConversationId | '') => {
    const [last] = await session.rows(statements.lastOfPiece, { userId, after, entries: dialect.rowsAtOnce })
    return last?.conversation_id
  }
  const pieceAfter = (
    session: ReadSession,
    { userId, limit }: UserConversationsRequest,
    filter: Filter,
    after: ConversationId | '',
  ) => session.rows(statements.piece, { ...filter, userId, after, entries: dialect.rowsAtOnce, limit })

  const lookAtAll = async (session: ReadSession, request: UserConversationsRequest, filter: Filter) => {
    let rows: readonly Conversation[] = []
    for (let after: ConversationId | '' | undefined = ''; after !== undefined; ) {
      const [piece, last]: [readonly Conversation[], ConversationId | undefined] = await Promise.all([
        pieceAfter(session, request, filter, after),
        lastOfPiece(session, request.userId, after),
      ])
      rows = [...rows, ...piece].sort(newestFirst).slice(0, request.limit)
      after = last
    }
    return rows
  }

  /** For a user with at least `rowsAtOnce` conversations. */
  const walk = async (session: ReadSession, { userId, limit }: UserConversationsRequest, filter: Filter) => {
    const found: Active[] = []
    let place: ActivityPlace | undefined = { slot: activitySlotOf(filter.lastActivityAt) + 1, id: '' }
    let steps = dialect.rowsAtOnce
    for (let walked = 0, entries = firstEntries; ; walked += entries, entries = Math.min(2 * entries, entriesAtOnce)) {
      if (walked >= steps) {
        const [counted] = await session.rows(statements.count, { userId, max: maxEntries })
        steps = counted?.conversations ?? 0
        if (walked >= steps) return undefined
      }
      const piece: ActivityPlace & { entries: number } = { ...place, entries }
      const { kinds, withoutArchived } = filter
      const [rows, [last]] = await Promise.all([
        session.rows(statements.active, { ...piece, userId, kinds, withoutArchived }),
        session.rows(statements.lastActive, piece),
      ])
      found.push(...rows.filter(row => isBehind(row, filter)))
      // Conversations within a slot are not ordered, so a slot must be scanned completely before its conversations are used.
      const complete = found.filter(row => last === undefined || activitySlotOf(row.lastActivityAt) > last.slot)
      if (last === undefined || complete.length >= limit) return complete.sort(newestFirst).slice(0, limit)
      place = last
    }
  }

  const read = async (session: ReadSession, request: UserConversationsRequest): Promise<readonly Conversation[]> => {
    const { after } = request
    const kinds = jsonSet(request.kinds ?? conversationKinds)
    const withoutArchived = request.withoutArchived === true ? 1 : 0
    const filter: Filter = { kinds, withoutArchived, ...(after ?? beforeAll) }
    if ((await lastOfPiece(session, request.userId, '')) === undefined) return pieceAfter(session, request, filter, '')
    const active = await walk(session, request, filter)
    if (active === undefined) return lookAtAll(session, request, filter)
    const ids = active.map(row => row.id)
    const rows = new Map((await conversationsOf(session, ids)).map(row => [row.id, row]))
    return active.flatMap(row => rows.get(row.id) ?? [])
  }

  return (session: ReadSession, request: UserConversationsRequest): Promise<readonly Conversation[]> =>
    session.together(inner => read(inner, request))
}

const isBehind = (row: Active, { lastActivityAt, id }: Filter): boolean =>
  row.lastActivityAt < lastActivityAt || (row.lastActivityAt === lastActivityAt && row.id < id)
