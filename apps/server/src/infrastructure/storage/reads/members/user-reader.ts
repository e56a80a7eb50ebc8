import type { UserReader } from '@cpc-messenger/messenger'
import { users } from '../../../tables/users/users.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import { jsonSet } from '../../statements/json-set.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { readInSets } from '../store/read-in-sets.ts'
import { userSearch } from './user-search.ts'

export const userReader = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('users')(users.row, (db, param) =>
    db
      .selectFrom('users')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  const search = userSearch(compiler, dialect)
  return (session: ReadSession): UserReader => ({
    byIds: ids =>
      readInSets(session, ids, dialect.rowsAtOnce, (inner, set) => inner.rows(byIds, { ids: jsonSet(set) })),

    search: request => search(session, request),
  })
}
