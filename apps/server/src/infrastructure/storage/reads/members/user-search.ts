import type { User, UserId, UserSearchPage, UserSearchRequest } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { text, userId } from '../../../tables/definition/codec.ts'
import { beginsWith, folded, type PrefixRange, prefixEnd, prefixRange } from '../../../tables/definition/folded.ts'
import { row } from '../../../tables/definition/row.ts'
import { users } from '../../../tables/users/users.ts'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession } from '../../statements/engine.ts'
import type { StatementCompiler } from '../../statements/statement.ts'

/** The most ids that are scanned for one page: users whose name matches too were listed before and are skipped. */
const maxWalked = 2000

interface IdPlace {
  readonly foldedId: string
  /** Empty: before all users of this folded id. */
  readonly id: UserId | ''
}

interface IdParams extends IdPlace {
  readonly prefix: string
  readonly end: string
  readonly entries: number
}

const userSearchStatements = (compiler: StatementCompiler) => ({
  named: compiler.statement<PrefixRange & { limit: number }>('users by name')(
    users.row,
    (_, param) => sql`
      select * from users
      where (folded_name, id) > (${param('from')}, ${param('afterId')}) and folded_name < ${param('end')}
      order by folded_name, id limit ${param('limit')}`,
  ),
  known: compiler.statement<IdParams>('users by id')(
    users.row,
    (_, param) => sql`
      select * from (
        select * from users
        where (folded_id, id) > (${param('foldedId')}, ${param('id')}) and folded_id < ${param('end')}
        order by folded_id, id limit ${param('entries')}
      ) as walked
      where not (folded_name >= ${param('prefix')} and folded_name < ${param('end')})`,
  ),
  last: compiler.statement<Omit<IdParams, 'prefix'>>('the last of so many users by id')(
    row({ folded_id: text, id: userId }),
    (_, param) => sql`
      select folded_id, id from users
      where (folded_id, id) > (${param('foldedId')}, ${param('id')}) and folded_id < ${param('end')}
      order by folded_id, id limit 1 offset ${param('entries')} - 1`,
  ),
})

/** In byte order of the folded id, then of the id. */
const byId = (one: User, other: User): number =>
  Buffer.compare(Buffer.from(folded(one.id)), Buffer.from(folded(other.id))) ||
  Buffer.compare(Buffer.from(one.id), Buffer.from(other.id))

const placeOf = ({ displayName, id }: User) => ({ displayName, id })

/**
 * Users whose name begins with a text, sorted by name; then users of whom only the id does, sorted by id. Each list is a range of an index. A
 * place belongs to the first list if and only if its name begins with the text.
 */
export const userSearch = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = userSearchStatements(compiler)

  const known = async (
    session: ReadSession,
    prefix: string,
    after: IdPlace,
    limit: number,
  ): Promise<UserSearchPage> => {
    const entries = dialect.rowsAtOnce
    const end = prefixEnd(prefix)
    const found: User[] = []
    let place = after
    for (let walked = 0; walked < maxWalked; walked += entries) {
      const piece = { ...place, end, entries }
      const [rows, [last]] = await Promise.all([
        session.rows(statements.known, { ...piece, prefix }),
        session.rows(statements.last, piece),
      ])
      found.push(...rows.toSorted(byId))
      const page = found.slice(0, limit)
      const lastFound = page.at(-1)
      if (found.length > limit) return { users: page, after: lastFound && { displayName: '', id: lastFound.id } }
      if (last === undefined) return { users: page, after: undefined }
      place = { foldedId: last.folded_id, id: last.id }
    }
    return { users: found, after: place.id === '' ? undefined : { displayName: '', id: place.id } }
  }

  const named = async (
    session: ReadSession,
    prefix: string,
    { after, limit }: UserSearchRequest,
  ): Promise<UserSearchPage> => {
    const place = after && { name: folded(after.displayName), id: after.id }
    const rows = await session.rows(statements.named, { ...prefixRange(prefix, place), limit: limit + 1 })
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    if (rows.length > limit) return { users: page, after: last && placeOf(last) }
    if (prefix === '') return { users: page, after: undefined }
    const room = limit - page.length
    const others = await known(session, prefix, { foldedId: prefix, id: '' }, Math.max(room, 1))
    if (room > 0) return { users: [...page, ...others.users], after: others.after }
    const ends = others.users.length === 0 && others.after === undefined
    return { users: page, after: ends || last === undefined ? undefined : placeOf(last) }
  }

  const search = (session: ReadSession, request: UserSearchRequest): Promise<UserSearchPage> => {
    const prefix = folded(request.search)
    const { after, limit } = request
    return after === undefined || beginsWith(folded(after.displayName), prefix)
      ? named(session, prefix, request)
      : known(session, prefix, { foldedId: folded(after.id), id: after.id }, limit)
  }

  return (session: ReadSession, request: UserSearchRequest): Promise<UserSearchPage> =>
    session.together(inner => search(inner, request))
}
