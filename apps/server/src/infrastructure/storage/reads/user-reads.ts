import type { StoreReader, User, UserId } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { folded, type PrefixRange, prefixRange } from '../folded.ts'
import { jsonSet } from '../json-set.ts'
import { parseUser } from '../rows.ts'
import type { SqlDialect } from '../sql-dialect.ts'
import type { ReadSession } from '../sql-engine.ts'
import type { StatementCompiler } from '../statement.ts'
import type { UserRow } from '../tables.ts'
import { readInSets } from './read-in-sets.ts'

type Search = Parameters<StoreReader['searchUsers']>[0]

interface SearchParams extends PrefixRange {
  readonly prefix: string
  readonly place: string
  readonly placeId: string
  readonly limit: number
}

export const userReads = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byIds = compiler.statement<{ ids: string }>('users')((db, param) =>
    db
      .selectFrom('users')
      .selectAll()
      .where(dialect.among('id', param('ids'))),
  )
  // By name a page is one stretch of an index. Those found by their id alone have to be sorted.
  const search = compiler.statement<SearchParams>('users by search')(
    (_, param) => sql<UserRow>`
      select * from (
        select * from users
        where folded_name >= ${param('from')} and folded_name < ${param('end')}
          and (folded_name > ${param('from')} or id > ${param('afterId')})
        order by folded_name, id limit ${param('limit')}
      ) as named
      union
      select * from (
        select * from users
        where folded_id >= ${param('prefix')} and folded_id < ${param('end')}
          and (folded_name > ${param('place')} or (folded_name = ${param('place')} and id > ${param('placeId')}))
        order by folded_name, id limit ${param('limit')}
      ) as known
      order by folded_name, id limit ${param('limit')}`,
  )
  return {
    users: (session: ReadSession, ids: readonly UserId[]): Promise<readonly User[]> =>
      readInSets(session, ids, dialect.rowsAtOnce, async (inner, set) =>
        (await inner.rows(byIds, { ids: jsonSet(set) })).map(parseUser),
      ),

    searchUsers: async (session: ReadSession, request: Search): Promise<readonly User[]> => {
      const prefix = folded(request.search)
      const after = request.after && { name: folded(request.after.displayName), id: request.after.id }
      const rows = await session.rows(search, {
        ...prefixRange(prefix, after),
        prefix,
        place: after?.name ?? '',
        placeId: after?.id ?? '',
        limit: request.limit,
      })
      return rows.map(parseUser)
    },
  }
}
