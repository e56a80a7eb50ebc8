import type { ConversationId, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { conversationId, userId as userIdCodec } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

/** Memberships that one statement reads: of these users, in the conversations after one id and up to another. */
export interface InboxRange {
  readonly userIds: readonly UserId[]
  readonly after: ConversationId | ''
  readonly until: ConversationId | typeof lastOfAll
}

/** Greater than every id. */
const lastOfAll = '\u{10FFFF}'

type Memberships = 'active' | 'ended'

const rangeStatements = (compiler: StatementCompiler, dialect: SqlDialect, which: Memberships) => {
  const index = which === 'active' ? 'standing_of_user' : 'ended_of_user'
  const memberships = dialect.byIndex('memberships', index, 'm')
  const ofUser = (userId: unknown) =>
    sql`m.user_id = ${userId} and m.left_sequence is ${which === 'active' ? sql`null` : sql`not null`}`
  return {
    large: compiler.statement<{ users: string; entries: number }>(`users with many ${which} memberships`)(
      row({ id: userIdCodec }),
      (_, param) => sql`
        select wanted.id from ${dialect.idTable<UserId>(param('users'))} as wanted
        where (select 1 from ${memberships} where ${ofUser(sql`wanted.id`)}
          order by m.conversation_id limit 1 offset ${param('entries')}) = 1`,
    ),
    last: compiler.statement<{ userId: UserId; after: string; entries: number }>(
      `the last of so many ${which} memberships`,
    )(
      row({ conversation_id: conversationId }),
      (_, param) => sql`
        select m.conversation_id from ${memberships}
        where ${ofUser(param('userId'))} and m.conversation_id > ${param('after')}
        order by m.conversation_id limit 1 offset ${param('entries')} - 1`,
    ),
  }
}

/**
 * Divides the memberships of users into ranges of bounded size for one statement each: several users with few memberships
 * together, one user with many in pieces.
 */
export const inboxRanges = (compiler: StatementCompiler, dialect: SqlDialect, which: Memberships) => {
  const statements = rangeStatements(compiler, dialect, which)
  const entries = dialect.rowsAtOnce
  const usersAtOnce = entries / 10

  const piecesOf = async (session: ReadSession, userId: UserId): Promise<readonly InboxRange[]> => {
    const ranges: InboxRange[] = []
    let after: ConversationId | '' = ''
    for (;;) {
      const [last]: readonly { readonly conversation_id: ConversationId }[] = await session.rows(statements.last, {
        userId,
        after,
        entries,
      })
      ranges.push({ userIds: [userId], after, until: last?.conversation_id ?? lastOfAll })
      if (last === undefined) return ranges
      after = last.conversation_id
    }
  }

  return async (session: ReadSession, userIds: readonly UserId[]): Promise<readonly InboxRange[]> => {
    const ranges: InboxRange[] = []
    const distinct = [...new Set(userIds)]
    for (let start = 0; start < distinct.length; start += usersAtOnce) {
      const set = distinct.slice(start, start + usersAtOnce)
      const rows = await session.rows(statements.large, { users: jsonSet(set), entries })
      const large = new Set(rows.map(({ id }) => id))
      const few = set.filter(id => !large.has(id))
      if (few.length > 0) ranges.push({ userIds: few, after: '', until: lastOfAll })
      for (const id of large) for (const range of await piecesOf(session, id)) ranges.push(range)
    }
    return ranges
  }
}
