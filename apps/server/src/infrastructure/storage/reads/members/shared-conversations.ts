import type { ConversationUser, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversationId, count, userId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonTuples } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

/** The most users of one statement, and the most rows that it looks up for all of them together. */
const usersAtOnce = 50
const stepsAtOnce = 8000

interface Params {
  readonly wanted: string
  readonly userId: UserId
  readonly steps: number
}

/**
 * Compares the ordered conversations of two users as a merge does, but by the index: from a conversation of one to the first
 * of the other that is not before it, and back, until both are the same. It takes at most twice as many steps as the
 * smaller of the two lists has conversations, however long the other one is.
 */
const walkStatement = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const active = dialect.byIndex('memberships', 'standing_of_user', 'm')
  return compiler.statement<Params>('shared conversations')(
    row({ user_id: userId, conversation_id: conversationId, found: count }),
    (_, param) => {
      const first = sql`(
        select m.conversation_id from ${active}
        where m.user_id = ${param('userId')} and m.left_sequence is null and m.conversation_id >= wanted.second
        order by m.conversation_id limit 1)`
      return sql`
      with recursive walk(user_id, turn, conversation_id, previous, steps) as (
        select wanted.first, 1, ${first}, substr(${first}, 1, 0), 0
        from ${dialect.pairTable(param('wanted'))} as wanted
        union all
        select walk.user_id, 1 - walk.turn, (
            select m.conversation_id from ${active}
            where m.user_id = case walk.turn when 1 then walk.user_id else ${param('userId')} end
              and m.left_sequence is null and m.conversation_id >= walk.conversation_id
            order by m.conversation_id limit 1
          ), walk.conversation_id, walk.steps + 1
        from walk
        where walk.conversation_id <> walk.previous and walk.steps < ${param('steps')}
      )
      select user_id, conversation_id, case when conversation_id = previous then 1 else 0 end as found
      from walk
      where conversation_id = previous or (conversation_id is not null and steps = ${param('steps')})`
    },
  )
}

/** For each of the users who shares a conversation with `userId`, the first one by id. No statement takes long, also where none is shared. */
export const sharedConversations = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const walk = walkStatement(compiler, dialect)
  return (session: ReadSession, viewerId: UserId, ids: readonly UserId[]): Promise<readonly ConversationUser[]> =>
    session.together(async inner => {
      const found: ConversationUser[] = []
      let wanted: (readonly [UserId, string])[] = [...new Set(ids)].map(id => [id, ''])
      while (wanted.length > 0) {
        const some = wanted.slice(0, usersAtOnce)
        const steps = Math.floor(stepsAtOnce / some.length)
        const rows = await inner.rows(walk, { wanted: jsonTuples(some), userId: viewerId, steps })
        wanted = wanted.slice(usersAtOnce)
        for (const { user_id, conversation_id, found: isShared } of rows) {
          if (isShared === 1) found.push({ conversationId: conversation_id, userId: user_id })
          else wanted.push([user_id, conversation_id])
        }
      }
      return found
    })
}
