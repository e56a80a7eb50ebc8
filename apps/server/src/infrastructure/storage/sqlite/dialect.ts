import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely'
import type { Tables } from '../../tables/tables.ts'
import type { SqlDialect } from '../statements/dialect.ts'

export const sqliteDialect: SqlDialect = {
  queries: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  text: 'text',
  integer: 'integer',
  bigint: 'integer',
  table: 'strict',
  clustered: 'strict, without rowid',
  changing: 'strict',
  changingClustered: 'strict, without rowid',
  rowsAtOnce: 250,
  among: (column, json) => sql`${sql.ref(column)} in (select value from json_each(${json}))`,
  tupleSet: (json, width) =>
    width === 2
      ? sql`(select value ->> 0, value ->> 1 from json_each(${json}))`
      : sql`(select value ->> 0, value ->> 1, value ->> 2 from json_each(${json}))`,
  idTable: json => sql`(select value as id from json_each(${json}))`,
  pairTable: json => sql`(select value ->> 0 as first, value ->> 1 as second from json_each(${json}))`,
  tripleTable: json =>
    sql`(select value ->> 0 as first, value ->> 1 as second, value ->> 2 as third from json_each(${json}))`,
  byIndex: (table, index, alias) => sql`${sql.table(table)} as ${sql.ref(alias)} indexed by ${sql.ref(index)}`,
  mentionsIn: column => `json_each(${column}, '$.mentionIds')`,
  jsonArrayOf: query => sql`(select json_group_array(value) from (${query}))`,
  givenRows: { each: 'one', query: columns => sql`values (${sql.join(columns)})` },
  newestCommit: () => sql`select last_commit as "commit" from meta where id = 1`,
  showsLaterCommits: false,
}
