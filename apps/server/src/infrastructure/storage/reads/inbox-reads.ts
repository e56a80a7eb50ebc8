import type { CommitMark, ConversationId, Inbox, InboxChange, StoreReader, UserId } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
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
  /** The newest event of the log that the mark covers; 0 for none. */
  readonly covered: number
  readonly first_joined_sequence: number
}

/** Of what came before the viewer joined for the first time, they know nothing. */
const changeOf = (row: ChangedRow): InboxChange => ({
  conversationId: row.conversation_id,
  after: Math.max(row.covered, row.first_joined_sequence - 1),
})

/**
 * Commits never fall along a log, so this leaps back from its newest event in doubling steps until it is behind the mark,
 * and halves what lies between: one seek for each step, few for a short absence, some thirty for any. What was erased
 * counts as covered. `high` is not covered, `low` is, once it is not -1.
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

const sinceStatements = (compiler: StatementCompiler) => ({
  grown: compiler.statement<SinceParams>('standing logs since a mark')(
    (_, param) => sql<ChangedRow>`
      select m.conversation_id, m.first_joined_sequence, ${coveredBy(param('mark'))} as covered
      from memberships as m join conversations as c on c.id = m.conversation_id
      where m.user_id = ${param('userId')} and m.left_sequence is null and c.last_commit > ${param('mark')}`,
  ),
  left: compiler.statement<SinceParams>('logs left since a mark')(
    (_, param) => sql<ChangedRow>`
      select m.conversation_id, m.first_joined_sequence, ${coveredBy(param('mark'))} as covered
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
    return { mark: commitMarkOf(current), changed: [...stand, ...ended].map(changeOf) }
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
