import type { User, UserId } from '@cpc-messenger/messenger'
import type { SqlDialect } from '../statements/dialect.ts'
import type { ReadSession } from '../statements/engine.ts'
import { jsonSet } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { parseUser } from '../tables/rows.ts'
import { readInSets } from './read-in-sets.ts'
import { userSearch } from './user-search.ts'

export const userReads = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('users')((db, param) =>
    db
      .selectFrom('users')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  return {
    users: (session: ReadSession, ids: readonly UserId[]): Promise<readonly User[]> =>
      readInSets(session, ids, dialect.rowsAtOnce, async (inner, set) =>
        (await inner.rows(byIds, { ids: jsonSet(set) })).map(parseUser),
      ),

    searchUsers: userSearch(compiler, dialect),
  }
}
