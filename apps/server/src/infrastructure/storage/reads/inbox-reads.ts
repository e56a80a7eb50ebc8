import type { CommitMark, ConversationId, Inbox, InboxChange, StoreReader, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { commitMarkOf, parseCommitMark } from '../commit-mark.ts'
import type { SqlDialect } from '../sql-dialect.ts'
import type { ReadSession } from '../sql-engine.ts'
import type { StatementCompiler } from '../statement.ts'

interface SinceParams {
  readonly userId: UserId
  readonly mark: number
}

interface ChangedRow {
  readonly conversation_id: ConversationId
  /** The newest event of the log that the mark covers; null where it covers none that is still there. */
  readonly covered: number | null
  readonly joined_sequence: number
  readonly joined_commit: number | null
  readonly left_sequence: number | null
}

const changeOf = (row: ChangedRow, mark: number): InboxChange => {
  const joinedSince = row.joined_commit !== null && row.joined_commit > mark
  const before = (row.left_sequence ?? row.joined_sequence) - 1
  return { conversationId: row.conversation_id, after: joinedSince ? row.joined_sequence - 1 : (row.covered ?? before) }
}

/** Walks back from the newest event to the mark: what it passes is what the reader will be sent. */
const coveredBy = (commit: unknown) => sql`
  (select e.sequence from events as e
    where e.conversation_id = c.id and e.sequence <= coalesce(m.left_sequence, c.last_sequence)
      and e.commit_id <= ${commit}
    order by e.sequence desc limit 1)`

const joinedCommit = sql`
  (select e.commit_id from events as e where e.conversation_id = c.id and e.sequence = m.joined_sequence)`

const sinceStatements = (compiler: StatementCompiler) => ({
  grown: compiler.statement<SinceParams>('standing logs since a mark')(
    (_, param) => sql<ChangedRow>`
      select m.conversation_id, m.joined_sequence, m.left_sequence,
        ${coveredBy(param('mark'))} as covered, ${joinedCommit} as joined_commit
      from memberships as m join conversations as c on c.id = m.conversation_id
      where m.user_id = ${param('userId')} and m.left_sequence is null and c.last_commit > ${param('mark')}`,
  ),
  left: compiler.statement<SinceParams>('logs left since a mark')(
    (_, param) => sql<ChangedRow>`
      select m.conversation_id, m.joined_sequence, m.left_sequence,
        ${coveredBy(param('mark'))} as covered, ${joinedCommit} as joined_commit
      from memberships as m join conversations as c on c.id = m.conversation_id
      join events as ending on ending.conversation_id = m.conversation_id and ending.sequence = m.left_sequence
      where m.user_id = ${param('userId')} and m.left_sequence is not null
        and c.last_commit > ${param('mark')} and ending.commit_id > ${param('mark')}`,
  ),
})

export const inboxReads = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const newestCommit = compiler.statement('newest commit')(() => dialect.newestCommit())
  const standing = compiler.statement<{ userId: UserId }>('inbox')((db, param) =>
    db
      .selectFrom('memberships as m')
      .innerJoin('conversations as c', 'c.id', 'm.conversation_id')
      .select(['m.conversation_id', 'm.joined_sequence', 'c.last_sequence'])
      .where('m.user_id', '=', param('userId'))
      .where('m.left_sequence', 'is', null),
  )
  const { grown, left } = sinceStatements(compiler)
  const newest = async (session: ReadSession): Promise<number> => (await session.rows(newestCommit, {}))[0]?.commit ?? 0

  const inbox = async (session: ReadSession, userId: UserId): Promise<Inbox> => {
    const mark = commitMarkOf(await newest(session))
    const rows = await session.rows(standing, { userId })
    const conversations = rows.map(row => ({
      conversationId: row.conversation_id,
      head: row.last_sequence,
      joinedSequence: row.joined_sequence,
    }))
    return { mark, conversations }
  }
  const since = async (session: ReadSession, userId: UserId, mark: number) => {
    const current = await newest(session)
    if (mark > current) return undefined
    const stand = await session.rows(grown, { userId, mark })
    const ended = await session.rows(left, { userId, mark })
    return { mark: commitMarkOf(current), changed: [...stand, ...ended].map(row => changeOf(row, mark)) }
  }
  return {
    mark: async (session: ReadSession): Promise<CommitMark> => commitMarkOf(await newest(session)),

    inbox: (session: ReadSession, userId: UserId): Promise<Inbox> => session.together(inner => inbox(inner, userId)),

    inboxSince: async (session: ReadSession, userId: UserId, text: string): ReturnType<StoreReader['inboxSince']> => {
      const mark = parseCommitMark(text)
      return mark === undefined ? undefined : session.together(inner => since(inner, userId, mark))
    },
  }
}
