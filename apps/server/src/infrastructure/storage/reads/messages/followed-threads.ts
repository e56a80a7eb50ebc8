import type { FollowedThreadsRequest, Instant, MessageId, Thread, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { messageId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import { threads } from '../../../tables/messages/threads.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

/** A range of the threads that a user follows: after this root. */
interface PieceParams {
  readonly userId: UserId
  readonly afterRoot: MessageId | ''
  readonly entries: number
}

interface Filter {
  readonly lastReplyAt: Instant
  readonly rootId: MessageId | ''
  /** 0, or 1 for only those with a reply after the marker. */
  readonly unreadOnly: number
  readonly limit: number
}

const newestFirst = (one: Thread, other: Thread): number =>
  other.lastReplyAt - one.lastReplyAt || (one.rootId < other.rootId ? 1 : -1)

/** The threads that a user follows, the latest reply first: all are read, in pieces, and the first ones are kept. */
export const followedThreads = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const followed = dialect.byIndex('thread_states', 'followed_threads', 's')
  const piece = compiler.statement<PieceParams & Filter>('followed threads')(
    threads.row,
    (_, param) => sql`
      select t.* from (
        select s.root_id, s.read_sequence from ${followed}
        where s.user_id = ${param('userId')} and s.follows = 1 and s.root_id > ${param('afterRoot')}
        order by s.root_id limit ${param('entries')}
      ) as piece cross join threads as t
      where t.root_id = piece.root_id
        and (t.last_reply_at < ${param('lastReplyAt')}
          or (t.last_reply_at = ${param('lastReplyAt')} and t.root_id < ${param('rootId')}))
        and (${param('unreadOnly')} = 0 or t.last_sequence > piece.read_sequence)
        and (select 1 from memberships as m
          where m.conversation_id = t.conversation_id and m.user_id = ${param('userId')} and m.left_sequence is null) = 1
      order by t.last_reply_at desc, t.root_id desc limit ${param('limit')}`,
  )
  const last = compiler.statement<PieceParams>('the last of so many followed threads')(
    row({ root_id: messageId }),
    (_, param) => sql`
      select s.root_id from ${followed}
      where s.user_id = ${param('userId')} and s.follows = 1 and s.root_id > ${param('afterRoot')}
      order by s.root_id limit 1 offset ${param('entries')} - 1`,
  )

  const read = async (session: ReadSession, request: FollowedThreadsRequest): Promise<readonly Thread[]> => {
    const { userId, after, limit, mayBeUnread = false } = request
    const { lastReplyAt, rootId } = after ?? { lastReplyAt: Number.MAX_SAFE_INTEGER, rootId: '' }
    let found: readonly Thread[] = []
    let afterRoot: MessageId | '' = ''
    for (;;) {
      const range: PieceParams = { userId, afterRoot, entries: dialect.rowsAtOnce }
      const [rows, [end]] = await Promise.all([
        session.rows(piece, { ...range, lastReplyAt, rootId, unreadOnly: mayBeUnread ? 1 : 0, limit }),
        session.rows(last, range),
      ])
      found = [...found, ...rows].sort(newestFirst).slice(0, limit)
      if (end === undefined) return found
      afterRoot = end.root_id
    }
  }

  return (session: ReadSession, request: FollowedThreadsRequest): Promise<readonly Thread[]> =>
    session.together(inner => read(inner, request))
}
