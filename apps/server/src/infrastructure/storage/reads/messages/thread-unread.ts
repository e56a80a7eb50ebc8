import { everyone } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { count, messageId, userId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

const unreadRow = row({ rootId: messageId, userId, unread: count, mentions: count })

/**
 * What followers have not read: the ordinal at the head less that at the marker, less what was deleted after the marker, less
 * the follower's own after it. Each part is one seek or a range of an index.
 */
export const threadUnreadStatement = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const inThread = (index: string, condition: RawBuilder<unknown>) => sql`
    ${dialect.byIndex('messages', index, 'm')} where m.thread_root_id = s.root_id and m.in_timeline = 0 and ${condition}`
  const ordinalAtMarker = sql`coalesce((
    select m.ordinal from ${inThread('thread_only', sql`m.sequence <= s.read_sequence`)}
    order by m.sequence desc limit 1), 0)`
  const deleted = sql`(
    select count(*) from ${inThread('thread_only_deleted', sql`m.deleted_at is not null and m.sequence > s.read_sequence`)})`
  const own = sql`(
    select count(*) from ${inThread(
      'replies_of_author',
      sql`m.thread_root_id is not null and m.deleted_at is null and m.author_id = s.user_id and m.sequence > s.read_sequence`,
    )})`
  const mentionsOf = (named: RawBuilder<unknown>) => sql`
    select count(*) from ${dialect.byIndex('mentions', 'thread_mentions', 'n')}
    where n.user_id = ${named} and n.thread_root_id = s.root_id and n.thread_root_id is not null
      and n.sequence > s.read_sequence and n.author_id <> s.user_id`
  // As in timelines: a user who was mentioned before in another way has been mentioned before.
  const mentions = sql`((${mentionsOf(sql`s.user_id`)} and not exists (
      select 1 from mentions as o
      where o.message_id = n.message_id and o.user_id = ${sql.lit(everyone)} and o.sequence <= s.read_sequence))
    + (${mentionsOf(sql.lit(everyone))} and not exists (
      select 1 from mentions as o where o.message_id = n.message_id and o.user_id = s.user_id)))`
  return compiler.statement<{ pairs: string }>('unread of threads')(
    unreadRow,
    (_, param) => sql`
      select s.root_id as "rootId", s.user_id as "userId",
        case when s.follows = 1 then t.message_count - ${ordinalAtMarker} - ${deleted} - ${own} else 0 end as unread,
        case when s.follows = 1 then ${mentions} else 0 end as mentions
      from thread_states as s join threads as t on t.root_id = s.root_id
      where (s.root_id, s.user_id) in ${dialect.tupleSet(param('pairs'), 2)}`,
  )
}
