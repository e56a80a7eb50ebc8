import type { PresencePlace, PresenceReader } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { presences } from '../../../tables/users/presences.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'

export const presenceReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byUsers = compiler.statement<{ ids: string }>('presences')(presences.row, (db, param) =>
    db
      .selectFrom('presences')
      .selectAll()
      .where(dialect.among('user_id', param('ids'))),
  )
  const changedAfter = compiler.statement<PresencePlace & { limit: number }>('changed presences')(
    presences.row,
    (_, param) => sql`
      select * from presences
      where changed_at > 0 and (changed_at, user_id) > (${param('changedAt')}, ${param('userId')})
      order by changed_at, user_id limit ${param('limit')}`,
  )
  return (session: ReadSession): PresenceReader => ({
    byUsers: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(byUsers, { ids: jsonSet(set) })),

    changedAfter: (place, limit) => session.rows(changedAfter, { ...place, limit }),
  })
}
