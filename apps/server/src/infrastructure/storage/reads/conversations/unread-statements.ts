import { everyone, type UserId } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { conversationKinds } from '../../../tables/conversations/conversations.ts'
import {
  conversationId,
  count,
  flag,
  instant,
  messageId,
  nullable,
  oneOf,
  sequence,
  userId,
} from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import { messages } from '../../../tables/messages/messages.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

/** The timeline entries that one statement scans for each conversation. */
export const scannedAtOnce = 200

const unreadRow = row({ conversationId, userId, after: count, count, mentions: count })

/**
 * The number of unread messages of `r`, which has `conversation_id`, `user_id`, `message_count` and `after`: countable messages after
 * it, without the deleted ones and the user's own. Every part is a range of an index that begins at `after`.
 */
const unreadOf = (dialect: SqlDialect): RawBuilder<number> => {
  const inTimeline = (index: string, condition: RawBuilder<unknown>) => sql`
    ${dialect.byIndex('messages', index, 'm')}
    where m.conversation_id = r.conversation_id and m.in_timeline = 1 and ${condition}`
  return sql<number>`
    r.message_count
    - coalesce((
        select m.ordinal from ${inTimeline('timeline', sql`m.sequence <= r.after`)} order by m.sequence desc limit 1), 0)
    - (select count(*) from ${inTimeline(
      'countable_deleted',
      sql`m.countable = 1 and m.deleted_at is not null and m.sequence > r.after`,
    )})
    - (select count(*) from ${inTimeline(
      'countable_of_author',
      sql`m.countable = 1 and m.deleted_at is null and m.author_id = r.user_id and m.sequence > r.after`,
    )})`
}

/**
 * Messages after `after` that mention the user of `r` by name, and those that mention everyone and not also the user. A user who was
 * mentioned before `after` in another way has been mentioned before.
 */
const mentionsOf = (dialect: SqlDialect): RawBuilder<number> => {
  const mentions = (named: RawBuilder<unknown>) => sql`
    select count(*) from ${dialect.byIndex('mentions', 'timeline_mentions', 'n')}
    where n.user_id = ${named} and n.conversation_id = r.conversation_id and n.thread_root_id is null
      and n.sequence > r.after and n.author_id <> r.user_id`
  return sql<number>`
    (${mentions(sql`r.user_id`)} and not exists (
        select 1 from mentions as o
        where o.message_id = n.message_id and o.user_id = ${sql.lit(everyone)} and o.sequence <= r.after))
    + (${mentions(sql.lit(everyone))} and not exists (
        select 1 from mentions as o where o.message_id = n.message_id and o.user_id = r.user_id))`
}

/** Where counts of the viewer state `s` and a membership begin. */
const afterOf = (membership: string, moved: RawBuilder<number>): RawBuilder<number> => {
  const read = sql`coalesce(s.read_sequence, 0)`
  const joined = sql.ref(`${membership}.joined_sequence`)
  return sql<number>`coalesce(s.marked_unread_from, case
    when ${read} >= ${joined} and ${read} >= ${moved} then ${read}
    when ${joined} >= ${moved} then ${joined} else ${moved} end)`
}

const stateOf = (membership: string): RawBuilder<unknown> => sql`
  viewer_states as s on s.conversation_id = ${sql.ref(`${membership}.conversation_id`)}
    and s.user_id = ${sql.ref(`${membership}.user_id`)}`

export const unreadStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<{ places: string }>('unread messages')(
    unreadRow,
    (_, param) => sql`
      select r.conversation_id as "conversationId", r.user_id as "userId", r.after,
        ${unreadOf(dialect)} as count, ${mentionsOf(dialect)} as mentions
      from (
        select m.conversation_id, m.user_id, c.message_count, ${afterOf('m', sql<number>`cast(wanted.third as integer)`)} as after
        from ${dialect.tripleTable(param('places'))} as wanted
        cross join memberships as m
        left join ${stateOf('m')}
        join conversations as c on c.id = m.conversation_id
        where m.conversation_id = wanted.first and m.user_id = wanted.second and m.left_sequence is null
      ) as r`,
  )

const listedRow = row({
  conversationId,
  userId,
  kind: oneOf(conversationKinds),
  lastActivityAt: instant,
  lastSequence: sequence,
  memberCount: count,
  after: count,
  count,
  mentions: count,
  isArchived: flag,
  isMuted: flag,
  isMarkedUnread: flag,
})

/** A range of the conversations of a user. */
export const listedStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<{ userId: UserId; afterId: string; limit: number }>('conversations of a user with what is unread')(
    listedRow,
    (_, param) => sql`
      select r.conversation_id as "conversationId", r.user_id as "userId", r.kind,
        r.last_activity_at as "lastActivityAt", r.last_sequence as "lastSequence", r.member_count as "memberCount",
        r.after, ${unreadOf(dialect)} as count, ${mentionsOf(dialect)} as mentions,
        r.archived as "isArchived", r.muted as "isMuted", r.marked as "isMarkedUnread"
      from (
        select piece.conversation_id, piece.user_id, c.kind, c.last_activity_at, c.last_sequence, c.member_count, c.message_count,
          ${afterOf('piece', sql<number>`0`)} as after,
          case when s.archived_at is null then 0 else 1 end as archived,
          case when s.notifications = 'NONE' then 1 else 0 end as muted,
          case when s.marked_unread_from is null then 0 else 1 end as marked
        from (
          select conversation_id, user_id, joined_sequence from ${dialect.byIndex('memberships', 'standing_of_user', 'own')}
          where own.user_id = ${param('userId')} and own.left_sequence is null and own.conversation_id > ${param('afterId')}
          order by own.conversation_id limit ${param('limit')}
        ) as piece
        left join ${stateOf('piece')}
        cross join conversations as c
        where c.id = piece.conversation_id
      ) as r
      order by r.conversation_id`,
  )

const scannedRow = row({ conversationId, userId, messageId: nullable(messageId), scannedTo: nullable(sequence) })

/** The first unread message among the next entries of each timeline, and the last of these entries if there may be more. */
export const firstUnreadStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const entries = sql`
    select e.id, e.sequence, e.author_id, e.countable, e.deleted_at from ${dialect.byIndex('messages', 'timeline', 'e')}
    where e.conversation_id = wanted.first and e.in_timeline = 1 and e.sequence > cast(wanted.third as integer)
    order by e.sequence`
  return {
    scan: compiler.statement<{ places: string }>('first unread messages')(
      scannedRow,
      (_, param) => sql`
        select wanted.first as "conversationId", wanted.second as "userId", (
            select walked.id from (${entries} limit ${sql.lit(scannedAtOnce)}) as walked
            where walked.countable = 1 and walked.deleted_at is null and coalesce(walked.author_id, '') <> wanted.second
            limit 1
          ) as "messageId", (
            select walked.sequence from (${entries} limit 1 offset ${sql.lit(scannedAtOnce - 1)}) as walked
          ) as "scannedTo"
        from ${dialect.tripleTable(param('places'))} as wanted`,
    ),
    byIds: compiler.statement<{ ids: string }>('unread messages by ids')(messages.row, (db, param) =>
      db
        .selectFrom('messages')
        .selectAll()
        .where(dialect.among('id', param('ids'))),
    ),
  }
}
