import {
  type FollowedThreadsRequest,
  type MessageId,
  maxSequence,
  type Thread,
  type ThreadReader,
  type ThreadState,
  type ThreadUnread,
  type ThreadUser,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { sequence, userId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import { messages } from '../../../tables/messages/messages.ts'
import { threadStates } from '../../../tables/messages/thread-states.ts'
import { threads } from '../../../tables/messages/threads.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet, jsonTuples } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'
import { followedThreads } from './followed-threads.ts'
import { threadUnreadStatement } from './thread-unread.ts'

interface RepliesParams {
  readonly rootId: MessageId
  readonly after: number
  readonly last: number
  readonly limit: number
}

const threadText = ({ rootId, userId: id }: ThreadUser): string => `${rootId} ${id}`
const tuplesOf = (pairs: readonly ThreadUser[]): string =>
  jsonTuples(pairs.map(({ rootId, userId: id }) => [rootId, id]))

const threadStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const replies = (direction: 'asc' | 'desc') =>
    compiler.statement<RepliesParams>(`replies ${direction}`)(
      messages.row,
      (_, param) => sql`
        select * from ${dialect.byIndex('messages', 'replies', 'm')}
        where thread_root_id = ${param('rootId')} and thread_root_id is not null
          and sequence > ${param('after')} and sequence <= ${param('last')}
        order by sequence ${sql.raw(direction)} limit ${param('limit')}`,
    )
  return {
    byRoots: compiler.statement<{ ids: string }>('threads')(threads.row, (db, param) =>
      db
        .selectFrom('threads')
        .selectAll()
        .where(dialect.among('root_id', param('ids'))),
    ),
    states: compiler.statement<{ pairs: string }>('thread states')(
      threadStates.row,
      (_, param) => sql`
        select * from thread_states where (root_id, user_id) in ${dialect.tupleSet(param('pairs'), 2)}`,
    ),
    oldest: replies('asc'),
    newest: replies('desc'),
    participants: compiler.statement<{ rootId: MessageId; after: number; limit: number }>('participants')(
      row({ userId, firstReplySequence: sequence }),
      (_, param) => sql`
        select user_id as "userId", first_reply_sequence as "firstReplySequence"
        from ${dialect.byIndex('thread_states', 'participants', 's')}
        where root_id = ${param('rootId')} and reply_count > 0 and first_reply_sequence > ${param('after')}
        order by first_reply_sequence limit ${param('limit')}`,
    ),
    unread: threadUnreadStatement(compiler, dialect),
  }
}

export const threadReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = threadStatements(compiler, dialect)
  const followed = followedThreads(compiler, dialect)
  const ofPairs = <Row>(
    session: ReadSession,
    pairs: readonly ThreadUser[],
    read: (inner: ReadSession, set: string) => Promise<readonly Row[]>,
  ): Promise<readonly Row[]> =>
    readInSets(session, pairs, dialect.rowsAtOnce, (inner, some) => read(inner, tuplesOf(some)), threadText)
  return (session: ReadSession): ThreadReader => ({
    byRoots: (ids): Promise<readonly Thread[]> =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) =>
        inner.rows(statements.byRoots, { ids: jsonSet(set) }),
      ),

    states: (pairs): Promise<readonly ThreadState[]> =>
      ofPairs(session, pairs, (inner, set) => inner.rows(statements.states, { pairs: set })),

    unread: (pairs): Promise<readonly ThreadUnread[]> =>
      ofPairs(session, pairs, (inner, set) => inner.rows(statements.unread, { pairs: set })),

    replies: async ({ rootId, after = 0, before = maxSequence + 1, end, limit }) => {
      const bounds = { after: Math.min(after, maxSequence), last: Math.min(before, maxSequence + 1) - 1 }
      const statement = end === 'oldest' ? statements.oldest : statements.newest
      const rows = await session.rows(statement, { rootId, ...bounds, limit })
      return end === 'oldest' ? rows : rows.toReversed()
    },

    participants: ({ rootId, after = 0, limit }) => session.rows(statements.participants, { rootId, after, limit }),

    followed: (request: FollowedThreadsRequest) => followed(session, request),
  })
}
