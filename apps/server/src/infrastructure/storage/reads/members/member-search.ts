import {
  type ConversationUser,
  isActive,
  type MemberSearchPage,
  type MemberSearchRequest,
  type Membership,
  type UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { memberships } from '../../../tables/conversations/memberships.ts'
import { count, sequence, userId } from '../../../tables/definition/codec.ts'
import { folded, prefixEnd } from '../../../tables/definition/folded.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

type ReadPairs = (session: ReadSession, pairs: readonly ConversationUser[]) => Promise<readonly Membership[]>

interface Prefix {
  readonly prefix: string
  readonly end: string
}

/** Up to this many members are scanned for any search text. */
const fewMembers = 1000
/** Up to this many matching users are checked for membership. */
const maxUsers = 2000
/** The most members that are scanned for one page, if there are too many of both. */
const maxWalked = 2000

interface WalkParams extends Prefix {
  readonly conversationId: string
  readonly after: number
  readonly entries: number
}

const memberSearchStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const members = dialect.byIndex('memberships', 'members_in_order', 'm')
  const active = (conversationId: unknown, after: unknown) =>
    sql`m.conversation_id = ${conversationId} and m.left_sequence is null and m.joined_sequence > ${after}`
  return {
    count: compiler.statement<Omit<WalkParams, keyof Prefix>>('members after a place, up to a number')(
      row({ members: count }),
      (_, param) => sql`
        select count(*) as members from (
          select 1 from ${members} where ${active(param('conversationId'), param('after'))}
          order by m.joined_sequence limit ${param('entries')}
        ) as counted`,
    ),
    users: compiler.statement<Prefix & { limit: number }>('ids of users by search')(
      row({ id: userId }),
      (_, param) => sql`
        select id from (
          select id from users where folded_name >= ${param('prefix')} and folded_name < ${param('end')}
          limit ${param('limit')}
        ) as named
        union
        select id from (
          select id from users where folded_id >= ${param('prefix')} and folded_id < ${param('end')}
          limit ${param('limit')}
        ) as known`,
    ),
    // A subquery for each row, so that no planner starts with the users.
    walk: compiler.statement<WalkParams>('members by search')(
      memberships.row,
      (_, param) => sql`
        select walked.* from (
          select m.* from ${members} where ${active(param('conversationId'), param('after'))}
          order by m.joined_sequence limit ${param('entries')}
        ) as walked
        where (
          select 1 from users as u where u.id = walked.user_id
            and ((u.folded_name >= ${param('prefix')} and u.folded_name < ${param('end')})
              or (u.folded_id >= ${param('prefix')} and u.folded_id < ${param('end')}))
        ) = 1`,
    ),
    last: compiler.statement<Omit<WalkParams, keyof Prefix>>('the last of so many members')(
      row({ joined_sequence: sequence }),
      (_, param) => sql`
        select m.joined_sequence from ${members} where ${active(param('conversationId'), param('after'))}
        order by m.joined_sequence limit 1 offset ${param('entries')} - 1`,
    ),
  }
}

const inOrder = (rows: readonly Membership[]): readonly Membership[] =>
  rows.toSorted((one, other) => one.joinedSequence - other.joinedSequence)

const pageOf = (found: readonly Membership[], limit: number, walkedTo?: number): MemberSearchPage => {
  const memberships = inOrder(found).slice(0, limit)
  return { memberships, after: found.length > limit ? memberships.at(-1)?.joinedSequence : walkedTo }
}

/**
 * Members whose name or id begins with a text, in the order of joining. Names and members are in different indexes, so the smaller
 * set is scanned: all members if they are few, else the matching users; if both are many, a bounded number of members for each
 * page.
 */
export const memberSearch = (compiler: StatementCompiler, dialect: SqlDialect, readPairs: ReadPairs) => {
  const statements = memberSearchStatements(compiler, dialect)

  const walk = async (
    session: ReadSession,
    { conversationId, limit, after = 0 }: MemberSearchRequest,
    prefix: Prefix,
  ) => {
    const entries = dialect.rowsAtOnce
    const found: Membership[] = []
    let place = after
    for (let walked = 0; walked < maxWalked; walked += entries) {
      const piece = { conversationId, after: place, entries }
      const [rows, [last]] = await Promise.all([
        session.rows(statements.walk, { ...piece, ...prefix }),
        session.rows(statements.last, piece),
      ])
      found.push(...rows)
      if (last === undefined) return pageOf(found, limit)
      if (found.length > limit) break
      place = last.joined_sequence
    }
    return pageOf(found, limit, place)
  }

  const ofUsers = async (
    session: ReadSession,
    { conversationId, after = 0, limit }: MemberSearchRequest,
    ids: readonly UserId[],
  ) => {
    const rows = await readPairs(
      session,
      ids.map(userId => ({ conversationId, userId })),
    )
    return pageOf(
      rows.filter(row => isActive(row) && row.joinedSequence > after),
      limit,
    )
  }

  const search = async (
    session: ReadSession,
    request: MemberSearchRequest,
    prefix: Prefix,
  ): Promise<MemberSearchPage> => {
    const { conversationId, after = 0 } = request
    const [counted] = await session.rows(statements.count, { conversationId, after, entries: fewMembers + 1 })
    if ((counted?.members ?? 0) > fewMembers) {
      const users = await session.rows(statements.users, { ...prefix, limit: maxUsers + 1 })
      if (users.length <= maxUsers)
        return ofUsers(
          session,
          request,
          users.map(({ id }) => id),
        )
    }
    return walk(session, request, prefix)
  }

  return (session: ReadSession, request: MemberSearchRequest): Promise<MemberSearchPage> => {
    const prefix = folded(request.search)
    return session.together(inner => search(inner, request, { prefix, end: prefixEnd(prefix) }))
  }
}
