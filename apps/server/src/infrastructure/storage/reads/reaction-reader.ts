import type {
  FirstReactors,
  MessageId,
  MessageUser,
  ReactionKey,
  ReactionReader,
  ReactionSummary,
  UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import type { SqlDialect } from '../statements/dialect.ts'
import type { ReadSession } from '../statements/engine.ts'
import { jsonSet, jsonTuples } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { parseReaction } from '../tables/rows.ts'
import type { ReactionRow } from '../tables/tables.ts'
import { readInSets } from './read-in-sets.ts'

type Pairs = readonly MessageUser[]

interface SummaryRow {
  readonly message_id: MessageId
  readonly emoji: string
  readonly count: number
  readonly first_sequence: number
}

interface FirstReactorsRow {
  readonly message_id: MessageId
  readonly emoji: string
  readonly first_users: string
}

type OwnReactionRow = Pick<ReactionRow, 'message_id' | 'emoji' | 'user_id'>

interface ReactorsParams {
  readonly messageId: MessageId
  readonly after: number
  readonly limit: number
}

const parseSummary = (row: SummaryRow): ReactionSummary => ({
  messageId: row.message_id,
  emoji: row.emoji,
  count: row.count,
})

const parseFirstReactors = (row: FirstReactorsRow): FirstReactors => ({
  messageId: row.message_id,
  emoji: row.emoji,
  userIds: JSON.parse(row.first_users) as UserId[],
})

const summaryStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<{ ids: string }>('reaction summaries')(
    (_, param) => sql<SummaryRow>`
      select message_id, emoji, count,
        (select min(sequence) from reactions
          where message_id = counted.message_id and emoji = counted.emoji) as first_sequence
      from reaction_counts as counted
      where ${dialect.among('message_id', param('ids'))}`,
  )

const firstReactorsStatement = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const firstUsers = sql`
    select user_id as value from reactions
    where message_id = counted.message_id and emoji = counted.emoji
    order by sequence limit 10`
  return compiler.statement<{ ids: string }>('first reactors')(
    (_, param) => sql<FirstReactorsRow>`
      select message_id, emoji, ${dialect.jsonArrayOf(firstUsers)} as first_users
      from reaction_counts as counted
      where ${dialect.among('message_id', param('ids'))}`,
  )
}

/** Tells pairs of a message and a user apart. */
const pairText = ({ messageId, userId }: MessageUser): string => `${messageId} ${userId}`

export const reactionReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const summaries = summaryStatement(compiler, dialect)
  const first = firstReactorsStatement(compiler, dialect)
  const ofUser = compiler.statement<{ userId: UserId; ids: string }>('reactions of a user')((db, param) =>
    db
      .selectFrom('reactions')
      .select(['message_id', 'emoji', 'user_id'])
      .where(dialect.among('message_id', param('ids')))
      .where('user_id', '=', param('userId'))
      .orderBy('message_id')
      .orderBy('emoji'),
  )
  const ofPairs = compiler.statement<{ pairs: string }>('reactions of pairs')(
    (_, param) => sql<OwnReactionRow>`
      select message_id, emoji, user_id from reactions
      where (message_id, user_id) in ${dialect.tupleSet(param('pairs'), 2)}
      order by message_id, emoji`,
  )
  const reactors = compiler.statement<ReactorsParams>('reactors')((db, param) =>
    db
      .selectFrom('reactions')
      .selectAll()
      .where('message_id', '=', param('messageId'))
      .where('sequence', '>', param('after'))
      .orderBy('sequence')
      .limit(param('limit')),
  )
  const reactorsWith = compiler.statement<ReactorsParams & { emoji: string }>('reactors with an emoji')((db, param) =>
    db
      .selectFrom('reactions')
      .selectAll()
      .where('message_id', '=', param('messageId'))
      .where('emoji', '=', param('emoji'))
      .where('sequence', '>', param('after'))
      .orderBy('sequence')
      .limit(param('limit')),
  )
  const readPairs = async (session: ReadSession, pairs: Pairs): Promise<readonly ReactionKey[]> => {
    const [first] = pairs
    if (first === undefined) return []
    const { userId } = first
    const rows: readonly OwnReactionRow[] = pairs.every(pair => pair.userId === userId)
      ? await session.rows(ofUser, { userId, ids: jsonSet(pairs.map(({ messageId }) => messageId)) })
      : await session.rows(ofPairs, { pairs: jsonTuples(pairs.map(pair => [pair.messageId, pair.userId])) })
    return rows.map(row => ({ messageId: row.message_id, emoji: row.emoji, userId: row.user_id }))
  }
  // A message has several reactions.
  const messagesAtOnce = dialect.rowsAtOnce / 5
  return (session: ReadSession): ReactionReader => ({
    summaries: ids =>
      readInSets(session, ids, messagesAtOnce, async (inner, set) => {
        const rows = await inner.rows(summaries, { ids: jsonSet(set) })
        return rows.toSorted((one, other) => one.first_sequence - other.first_sequence).map(parseSummary)
      }),

    firstReactors: ids =>
      readInSets(session, ids, messagesAtOnce, async (inner, set) =>
        (await inner.rows(first, { ids: jsonSet(set) })).map(parseFirstReactors),
      ),

    byPairs: pairs => readInSets(session, pairs, messagesAtOnce, readPairs, pairText),

    page: async ({ messageId, emoji, after = 0, limit }) => {
      const rows =
        emoji === undefined
          ? await session.rows(reactors, { messageId, after, limit })
          : await session.rows(reactorsWith, { messageId, emoji, after, limit })
      return rows.map(parseReaction)
    },
  })
}
