import type { MessageId, MessageUser, ReactionKey, ReactionReader, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { count, messageId, sequence, text, userId, userIds } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import { reactions } from '../../../tables/messages/reactions.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet, jsonTuples } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'

type Pairs = readonly MessageUser[]

const ownReaction = row({ messageId, emoji: text, userId })

interface ReactorsParams {
  readonly messageId: MessageId
  readonly after: number
  readonly limit: number
}

const summaryStatement = (compiler: StatementCompiler, dialect: SqlDialect) =>
  compiler.statement<{ ids: string }>('reaction summaries')(
    row({ messageId, emoji: text, count, firstSequence: sequence }),
    (_, param) => sql`
      select message_id as "messageId", emoji, count,
        (select min(sequence) from reactions
          where message_id = counted.message_id and emoji = counted.emoji) as "firstSequence"
      from reaction_counts as counted
      where ${dialect.among('message_id', param('ids'))}`,
  )

const firstReactorsStatement = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const firstUsers = sql`
    select user_id as value from reactions
    where message_id = counted.message_id and emoji = counted.emoji
    order by sequence limit 10`
  return compiler.statement<{ ids: string }>('first reactors')(
    row({ messageId, emoji: text, userIds }),
    (_, param) => sql`
      select message_id as "messageId", emoji, ${dialect.jsonArrayOf(firstUsers)} as "userIds"
      from reaction_counts as counted
      where ${dialect.among('message_id', param('ids'))}`,
  )
}

/** The identity of a pair of a message and a user. */
const pairText = ({ messageId, userId }: MessageUser): string => `${messageId} ${userId}`

export const reactionReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const summaries = summaryStatement(compiler, dialect)
  const first = firstReactorsStatement(compiler, dialect)
  const ofUser = compiler.statement<{ userId: UserId; ids: string }>('reactions of a user')(ownReaction, (db, param) =>
    db
      .selectFrom('reactions')
      .select(['message_id as messageId', 'emoji', 'user_id as userId'])
      .where(dialect.among('message_id', param('ids')))
      .where('user_id', '=', param('userId'))
      .orderBy('message_id')
      .orderBy('emoji'),
  )
  const ofPairs = compiler.statement<{ pairs: string }>('reactions of pairs')(
    ownReaction,
    (_, param) => sql`
      select message_id as "messageId", emoji, user_id as "userId" from reactions
      where (message_id, user_id) in ${dialect.tupleSet(param('pairs'), 2)}
      order by message_id, emoji`,
  )
  const reactors = compiler.statement<ReactorsParams>('reactors')(reactions.row, (db, param) =>
    db
      .selectFrom('reactions')
      .selectAll()
      .where('message_id', '=', param('messageId'))
      .where('sequence', '>', param('after'))
      .orderBy('sequence')
      .limit(param('limit')),
  )
  const reactorsWith = compiler.statement<ReactorsParams & { emoji: string }>('reactors with an emoji')(
    reactions.row,
    (db, param) =>
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
    return pairs.every(pair => pair.userId === userId)
      ? await session.rows(ofUser, { userId, ids: jsonSet(pairs.map(({ messageId }) => messageId)) })
      : await session.rows(ofPairs, { pairs: jsonTuples(pairs.map(pair => [pair.messageId, pair.userId])) })
  }
  // A message has several rows of reactions.
  const messagesAtOnce = dialect.rowsAtOnce / 5
  return (session: ReadSession): ReactionReader => ({
    summaries: ids =>
      readInSets(session, ids, messagesAtOnce, async (inner, set) => {
        const rows = await inner.rows(summaries, { ids: jsonSet(set) })
        return rows
          .toSorted((one, other) => one.firstSequence - other.firstSequence)
          .map(({ messageId: id, emoji, count: users }) => ({ messageId: id, emoji, count: users }))
      }),

    firstReactors: ids =>
      readInSets(session, ids, messagesAtOnce, (inner, set) => inner.rows(first, { ids: jsonSet(set) })),

    byPairs: pairs => readInSets(session, pairs, messagesAtOnce, readPairs, pairText),

    page: ({ messageId: id, emoji, after = 0, limit }) =>
      emoji === undefined
        ? session.rows(reactors, { messageId: id, after, limit })
        : session.rows(reactorsWith, { messageId: id, emoji, after, limit }),
  })
}
