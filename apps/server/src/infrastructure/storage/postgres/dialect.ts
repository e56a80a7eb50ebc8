import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import type { Tables } from '../../tables/tables.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import { isHeld } from './failure.ts'

/** An arbitrary number. It must be the same in all versions. */
const migrationLockId = 4_350_434_001

/**
 * The number of a commit is the id of its transaction plus a base, `meta.last_commit`. The base is 0 unless the data was moved
 * from another database.
 */
export const commitBase = sql`(select last_commit from meta where id = 1)`
export const ownNumber = sql`cast(pg_current_xact_id()::text as bigint)`

/** The greatest commit number with a receipt. It is durable: after a crash no number up to it is assigned again. */
export const newestReceipt = sql`(select coalesce(max(commit_id), 0) from receipts)`

export const postgresDialect: SqlDialect = {
  queries: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: db => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
  text: 'text collate "C"',
  integer: 'integer',
  bigint: 'bigint',
  table: '',
  clustered: '',
  // Leaves space on each page for the next version of a row, so that updates need not write to the indexes.
  changing: 'with (fillfactor = 50)',
  changingClustered: 'with (fillfactor = 50)',
  rowsAtOnce: 1000,
  // An array, because a set that is a query could be joined by reading the whole table.
  among: (column, json) =>
    sql`${sql.ref(column)} = any(array(select jsonb_array_elements_text(cast(${json} as jsonb))))`,
  tupleSet: (json, width) =>
    width === 2
      ? sql`(select item ->> 0, item ->> 1 from jsonb_array_elements(cast(${json} as jsonb)) as items(item))`
      : sql`(select item ->> 0, item ->> 1, item ->> 2 from jsonb_array_elements(cast(${json} as jsonb)) as items(item))`,
  idTable: json => sql`(select jsonb_array_elements_text(cast(${json} as jsonb)) as id)`,
  pairTable: json =>
    sql`(select item ->> 0 as first, item ->> 1 as second from jsonb_array_elements(cast(${json} as jsonb)) as items(item))`,
  tripleTable: json =>
    sql`(select item ->> 0 as first, item ->> 1 as second, item ->> 2 as third
      from jsonb_array_elements(cast(${json} as jsonb)) as items(item))`,
  byIndex: (table, _index, alias) => sql`${sql.table(table)} as ${sql.ref(alias)}`,
  mentionsIn: column => `jsonb_array_elements_text(cast(${column} as jsonb) -> 'mentionIds')`,
  jsonArrayOf: query => sql`(select coalesce(json_agg(value), '[]')::text from (${query}) as listed)`,
  // Transactions below `pg_snapshot_xmin` have all ended, and this snapshot shows their commits. The numbers of transactions
  // that were rolled back may be assigned again after a crash.
  newestCommit: () => sql`
    select least(cast(pg_snapshot_xmin(pg_current_snapshot())::text as bigint) - 1 + last_commit,
      greatest(last_commit, ${newestReceipt})) as "commit" from meta where id = 1`,
  showsLaterCommits: true,
  givenRows: {
    each: 'all',
    query: (table, columns, json) =>
      sql`select ${sql.join(columns.map(column => sql.ref(column)))}
        from json_populate_recordset(null::${sql.table(table)}, cast(${json} as json))`,
  },
  locks: {
    lockTimeout: sql`select set_config('lock_timeout', '250ms', true)`,
    isHeld,
    conversations: (ids, wait) => sql`
      select * from conversations where id = any(array(select jsonb_array_elements_text(cast(${ids} as jsonb))))
      order by id for update ${wait ? sql`` : sql`skip locked`}`,
    names: (names, wait) => {
      const sorted = sql`(select name from jsonb_array_elements_text(cast(${names} as jsonb)) as names(name) order by name)`
      return wait
        ? sql`select name, pg_advisory_xact_lock(hashtextextended(name, 0)) from ${sorted} as sorted`
        : sql`select name from ${sorted} as sorted where pg_try_advisory_xact_lock(hashtextextended(name, 0))`
    },
  },
  raiseCommits: sql`
    update meta set last_commit = greatest(last_commit,
      ${newestReceipt} - ${ownNumber} + 1) where id = 1`,
  migrationLock: sql`select pg_advisory_xact_lock(${sql.lit(migrationLockId)})`,
}
