import type { AuditEntryId, AuditReader, ConversationId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { auditEntries } from '../../../tables/moderation/audit-entries.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'

/** Greater than every id. */
const lastOfAll = '\u{10FFFF}'

interface AuditParams {
  readonly before: AuditEntryId | typeof lastOfAll
  readonly limit: number
}

export const auditReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('audit entries')(auditEntries.row, (db, param) =>
    db
      .selectFrom('audit_entries')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  const ofConversation = compiler.statement<AuditParams & { conversationId: ConversationId }>(
    'audit entries of a conversation',
  )(
    auditEntries.row,
    (_, param) => sql`
      select * from audit_entries where conversation_id = ${param('conversationId')} and id < ${param('before')}
      order by id desc limit ${param('limit')}`,
  )
  const ofServer = compiler.statement<AuditParams>('audit entries of the server')(
    auditEntries.row,
    (_, param) => sql`
      select * from ${dialect.byIndex('audit_entries', 'audit_of_server', 'a')}
      where (conversation_id is null or action = 'CONVERSATION_DELETED') and id < ${param('before')}
      order by id desc limit ${param('limit')}`,
  )
  return (session: ReadSession): AuditReader => ({
    byIds: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(byIds, { ids: jsonSet(set) })),

    page: ({ of, before = lastOfAll, limit }) =>
      of === 'server'
        ? session.rows(ofServer, { before, limit })
        : session.rows(ofConversation, { conversationId: of, before, limit }),
  })
}
