import type {
  InboxChange,
  InboxChanges,
  InboxCheckpoint,
  InboxMark,
  InboxReader,
  StoredInbox,
  UserId,
} from '@cpc-messenger/messenger'
import { type RawBuilder, type SqlBool, sql } from 'kysely'
import {
  commit,
  conversationId,
  count,
  number,
  sequence,
  text,
  userId as userIdCodec,
} from '../../../tables/definition/codec.ts'
import { type RowOf, row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet, jsonTuples } from '../../statements/json-set.ts'
import type { Param, StatementCompiler } from '../../statements/statement.ts'
import { commitMarkOf, parseCommitMark } from './commit-mark.ts'
import { type InboxRange, inboxRanges } from './inbox-ranges.ts'

const changedRow = row({
  user_id: userIdCodec,
  /** The number of the mark, as a text. */
  since: text,
  conversation_id: conversationId,
  /** The newest event of the log that the mark covers; 0 for none. */
  covered: number,
  first_joined_sequence: sequence,
})
type ChangedRow = RowOf<typeof changedRow>

const activeRow = row({
  user_id: userIdCodec,
  conversation_id: conversationId,
  joined_sequence: sequence,
  last_sequence: count,
  last_commit: commit,
})
type ActiveRow = RowOf<typeof activeRow>

type Bounds = Pick<InboxRange, 'after' | 'until'>

const within = (param: Param<Bounds>) =>
  sql<SqlBool>`m.conversation_id > ${param('after')} and m.conversation_id <= ${param('until')}`

/** Events before the viewer first joined are not visible to them. */
const changeOf = (row: ChangedRow): InboxChange => ({
  conversationId: row.conversation_id,
  after: Math.max(row.covered, row.first_joined_sequence - 1),
})

/**
 * The newest event that the mark covers. Commit numbers never decrease along a log, so this steps back from the newest event in
 * doubling steps until an event is covered, and then does a binary search: one seek for each step, few for a short absence, about
 * 30 at most. Erased events count as covered. `high` is not covered; `low` is, once it is not -1.
 */
const coveredBy = (mark: RawBuilder<number>) => {
  const place = sql`case when low >= 0 then (low + high) / 2 when step < high then high - step else 0 end`
  const covered = sql`coalesce(e.commit_id, 0) <= ${mark}`
  return sql`
    (with recursive probe(low, high, step) as (
      select -1, coalesce(m.left_sequence, c.last_sequence) + 1, 1
      union all
      select case when ${covered} then ${place} else low end,
        case when ${covered} then high else ${place} end,
        case when low < 0 then step * 2 else step end
      from probe left join events as e on e.conversation_id = c.id and e.sequence = ${place}
      where high - low > 1
    ) select low from probe where high - low = 1)`
}

const sinceStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const mark = sql<number>`cast(wanted.second as ${sql.raw(dialect.bigint)})`
  const columns = sql`m.user_id, wanted.second as since, m.conversation_id, m.first_joined_sequence,
    ${coveredBy(mark)} as covered`
  return {
    grown: compiler.statement<{ places: string } & Bounds>('active logs since marks')(
      changedRow,
      (_, param) => sql`
        select ${columns}
        from ${dialect.pairTable(param('places'))} as wanted
        join memberships as m on m.user_id = wanted.first and m.left_sequence is null and ${within(param)}
        join conversations as c on c.id = m.conversation_id and c.last_commit > ${mark}`,
    ),
    left: compiler.statement<{ places: string } & Bounds>('logs left since marks')(
      changedRow,
      (_, param) => sql`
        select ${columns}
        from ${dialect.pairTable(param('places'))} as wanted
        join memberships as m on m.user_id = wanted.first and m.left_sequence is not null and ${within(param)}
        join conversations as c on c.id = m.conversation_id and c.last_commit > ${mark}
        join events as ending on ending.conversation_id = m.conversation_id and ending.sequence = m.left_sequence
          and ending.commit_id > ${mark}`,
    ),
  }
}

const aheadRow = row({ user_id: userIdCodec, conversation_id: conversationId, sequence })
type AheadRow = RowOf<typeof aheadRow>

const aheadOf = (row: AheadRow): InboxMark['ahead'][number] => ({
  conversationId: row.conversation_id,
  sequence: row.sequence,
})

/** Logs of which a snapshot shows more than its mark covers: of conversations that users are in, and that they left. */
const aheadStatements = (compiler: StatementCompiler, dialect: SqlDialect) => ({
  active: compiler.statement<{ users: string; mark: number } & Bounds>('active logs ahead of a mark')(
    aheadRow,
    (_, param) => sql`
      select m.user_id, m.conversation_id, c.last_sequence as sequence
      from memberships as m join conversations as c on c.id = m.conversation_id and c.last_commit > ${param('mark')}
      where ${dialect.among('m.user_id', param('users'))} and m.left_sequence is null and ${within(param)}`,
  ),
  left: compiler.statement<{ users: string; mark: number } & Bounds>('logs left ahead of a mark')(
    aheadRow,
    (_, param) => sql`
      select m.user_id, m.conversation_id, m.left_sequence as sequence
      from memberships as m join conversations as c on c.id = m.conversation_id and c.last_commit > ${param('mark')}
      join events as ending on ending.conversation_id = m.conversation_id and ending.sequence = m.left_sequence
        and ending.commit_id > ${param('mark')}
      where ${dialect.among('m.user_id', param('users'))} and m.left_sequence is not null and ${within(param)}`,
  ),
})

const ofRange = ({ userIds, after, until }: InboxRange) => ({ users: jsonSet(userIds), after, until })

/** The place of a user, with its mark as the number that statements know. */
const placeText = (userId: UserId, mark: string): string => `${userId} ${mark}`

export const inboxReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const newestCommit = compiler.statement('newest commit')(row({ commit }), () => dialect.newestCommit())
  const active = compiler.statement<{ users: string } & Bounds>('inboxes')(activeRow, (db, param) =>
    db
      .selectFrom('memberships as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .select(['m.user_id', 'm.conversation_id', 'm.joined_sequence', 'c.last_sequence', 'c.last_commit'])
      .where(dialect.among('m.user_id', param('users')))
      .where('m.left_sequence', 'is', null)
      .where(within(param)),
  )
  const { grown, left } = sinceStatements(compiler, dialect)
  const ahead = aheadStatements(compiler, dialect)
  const joins = compiler.statement<{ after: number; limit: number }>('joins since a mark')(
    row({ conversationId, userId: userIdCodec }),
    (_, param) => sql`
      select conversation_id as "conversationId", user_id as "userId" from events
      where type = 'MemberJoined' and commit_id > ${param('after')} order by commit_id limit ${param('limit')}`,
  )
  const activeRanges = inboxRanges(compiler, dialect, 'active')
  const endedRanges = inboxRanges(compiler, dialect, 'ended')
  const newest = async (session: ReadSession): Promise<number> => (await session.rows(newestCommit, {}))[0]?.commit ?? 0

  const inboxMark = async (session: ReadSession, userId: UserId): Promise<InboxMark> => {
    const mark = await newest(session)
    const rows: AheadRow[] = []
    if (dialect.showsLaterCommits) {
      for (const range of await activeRanges(session, [userId]))
        rows.push(...(await session.rows(ahead.active, { ...ofRange(range), mark })))
      for (const range of await endedRanges(session, [userId]))
        rows.push(...(await session.rows(ahead.left, { ...ofRange(range), mark })))
    }
    return { userId, mark: commitMarkOf(mark), ahead: rows.map(aheadOf) }
  }
  const inboxes = async (session: ReadSession, userIds: readonly UserId[]): Promise<readonly StoredInbox[]> => {
    const mark = await newest(session)
    const found: ActiveRow[] = []
    for (const range of await activeRanges(session, userIds))
      found.push(...(await session.rows(active, ofRange(range))))
    const rows = Map.groupBy(found, row => row.user_id)
    const gone: AheadRow[] = []
    if (dialect.showsLaterCommits)
      for (const range of await endedRanges(session, userIds))
        gone.push(...(await session.rows(ahead.left, { ...ofRange(range), mark })))
    const goneByUser = Map.groupBy(gone, row => row.user_id)
    return [...new Set(userIds)].map(userId => {
      const conversations = rows.get(userId) ?? []
      return {
        userId,
        mark: commitMarkOf(mark),
        conversations: conversations.map(row => ({
          conversationId: row.conversation_id,
          head: row.last_sequence,
          joinedSequence: row.joined_sequence,
        })),
        ahead: [
          ...conversations
            .filter(row => row.last_commit > mark)
            .map(row => ({ conversationId: row.conversation_id, sequence: row.last_sequence })),
          ...(goneByUser.get(userId) ?? []).map(aheadOf),
        ],
      }
    })
  }
  const since = async (
    session: ReadSession,
    requests: readonly InboxCheckpoint[],
  ): Promise<readonly InboxChanges[]> => {
    const current = await newest(session)
    const known = requests.flatMap(request => {
      const mark = parseCommitMark(request.since)
      return mark === undefined || mark > current ? [] : [{ ...request, known: String(mark) }]
    })
    const byUser = Map.groupBy(known, place => place.userId)
    const placesIn = ({ userIds, after, until }: InboxRange) => {
      const places = userIds.flatMap(id => byUser.get(id) ?? [])
      return { places: jsonTuples(places.map(place => [place.userId, place.known])), after, until }
    }
    const rows: ChangedRow[] = []
    for (const range of await activeRanges(session, [...byUser.keys()]))
      rows.push(...(await session.rows(grown, placesIn(range))))
    for (const range of await endedRanges(session, [...byUser.keys()]))
      rows.push(...(await session.rows(left, placesIn(range))))
    const changes = Map.groupBy(rows, row => placeText(row.user_id, row.since))
    const mark = commitMarkOf(current)
    return known.map(place => ({
      userId: place.userId,
      since: place.since,
      mark,
      changed: (changes.get(placeText(place.userId, place.known)) ?? []).map(changeOf),
    }))
  }
  return (session: ReadSession): InboxReader => ({
    mark: async () => commitMarkOf(await newest(session)),

    markOf: userId => session.together(inner => inboxMark(inner, userId)),

    ofUsers: userIds => session.together(inner => inboxes(inner, userIds)),

    changesSince: requests => session.together(inner => since(inner, requests)),

    joinsSince: (mark, limit) =>
      session.together(async inner => {
        const current = await newest(inner)
        const after = parseCommitMark(mark) ?? current
        return { mark: commitMarkOf(current), joins: await inner.rows(joins, { after, limit }) }
      }),
  })
}
