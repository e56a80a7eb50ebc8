import {
  everyone,
  type MentionReader,
  type MentionsPage,
  type MentionsRequest,
  type MessageId,
  type UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { flag, messageId } from '../../../tables/definition/codec.ts'
import { row } from '../../../tables/definition/row.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

/** The most mentions that are scanned for one page. */
const maxScanned = 1000
/** Greater than every id. */
const lastOfAll = '\u{10FFFF}'

interface MentionsParams {
  readonly userId: UserId
  readonly named: UserId
  readonly before: MessageId | typeof lastOfAll
  readonly entries: number
}

const mentionStatements = (compiler: StatementCompiler, dialect: SqlDialect) => ({
  /** Mentions of one id, newest first, and whether the user may see each. */
  scanned: compiler.statement<MentionsParams>('mentions of a user')(
    row({ messageId, shown: flag }),
    (_, param) => sql`
      select n.message_id as "messageId", coalesce((
        select 1 from memberships as m
        where m.conversation_id = n.conversation_id and m.user_id = ${param('userId')} and m.left_sequence is null
          and n.author_id <> ${param('userId')}
          and (${param('named')} = ${param('userId')} or n.sequence > m.first_joined_sequence)), 0) as shown
      from ${dialect.byIndex('mentions', 'mentions_of_user', 'n')}
      where n.user_id = ${param('named')} and n.message_id < ${param('before')}
      order by n.message_id desc limit ${param('entries')}`,
  ),
})

/** Of two lists, newest first, those that are certain up to where both were scanned. */
const merged = (lists: readonly (readonly { readonly messageId: MessageId; readonly shown: boolean }[])[]) => {
  const full = lists.filter(list => list.length === maxScanned).map(list => list.at(-1)?.messageId ?? '')
  const scannedTo = full.toSorted().at(-1)
  const shown = lists.flatMap(list => list.filter(each => each.shown).map(each => each.messageId))
  const known = [...new Set(shown)].filter(id => scannedTo === undefined || id >= scannedTo)
  return { ids: known.toSorted().toReversed(), scannedTo: scannedTo === '' ? undefined : scannedTo }
}

export const mentionReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = mentionStatements(compiler, dialect)

  const page = async (session: ReadSession, { userId: id, before, limit }: MentionsRequest): Promise<MentionsPage> => {
    const range = { userId: id, before: before ?? lastOfAll, entries: maxScanned } as const
    const lists = await Promise.all([
      session.rows(statements.scanned, { ...range, named: id }),
      session.rows(statements.scanned, { ...range, named: everyone }),
    ])
    const { ids, scannedTo } = merged(lists)
    const messageIds = ids.slice(0, limit)
    return { messageIds, before: ids.length > limit ? messageIds.at(-1) : scannedTo }
  }

  return (session: ReadSession): MentionReader => ({
    ofUser: request => session.together(inner => page(inner, request)),
  })
}
