import { number } from '../../tables/definition/codec.ts'
import { type RowCodec, row } from '../../tables/definition/row.ts'
import type { CheckSession } from '../checks/check-session.ts'
import type { Statement } from '../statements/statement.ts'
import { commitBase, postgresDialect } from './dialect.ts'
import { PostgresSession } from './session.ts'

const rowsAtOnce = 1000

/** PostgreSQL knows `is json` from version 16 on only. */
const jsonValid = `
  create function pg_temp.json_valid(given text) returns boolean language plpgsql immutable strict as $$
  begin
    perform given::json;
    return true;
  exception when others then
    return false;
  end $$`

const base = commitBase.compile(postgresDialect.queries).sql

/** Whether the database holds a messenger's tables. */
export const hasTables = async (url: string): Promise<boolean> => {
  await using session = await PostgresSession.open({ url, name: 'messenger check' })
  const tables = await session.rows(row({}), `select 1 where to_regclass('meta') is not null`)
  return tables.length > 0
}

/** One snapshot of a database. Nodes may be running on it. */
export class PostgresCheckSession implements CheckSession, AsyncDisposable {
  readonly dialect = postgresDialect
  readonly ruleDialect = {
    jsonValid: (column: string) => `pg_temp.json_valid(${column})`,
    jsonText: (column: string, key: string) => `(${column}::json ->> '${key}')`,
    mentionsIn: postgresDialect.mentionsIn,
    greatestCommit: `(pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1 + ${base})`,
  }
  readonly #session: PostgresSession

  private constructor(session: PostgresSession) {
    this.#session = session
  }

  static async open(url: string): Promise<PostgresCheckSession> {
    const session = await PostgresSession.open({ url, name: 'messenger check' })
    try {
      await session.run(jsonValid)
      await session.run('begin isolation level repeatable read, read only')
      // Plan for reading all rows of a cursor.
      await session.run('set local cursor_tuple_fraction = 1')
      return new PostgresCheckSession(session)
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw error
    }
  }

  async schemaVersion(): Promise<number | undefined> {
    return (await this.#session.rows(row({ version: number }), 'select schema_version as version from meta'))[0]
      ?.version
  }

  /** After a failure the snapshot can still be read. */
  async *pages<Row>(codec: RowCodec<Row>, sql: string): AsyncGenerator<readonly Row[]> {
    await this.#session.run('savepoint before')
    try {
      await this.#session.run(`declare walk no scroll cursor for ${sql}`)
      for (;;) {
        const rows = await this.#session.rows(codec, `fetch ${rowsAtOnce} from walk`)
        yield rows
        if (rows.length < rowsAtOnce) break
      }
    } finally {
      await this.#session.run('rollback to savepoint before')
    }
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#session.rows(statement.row, statement.sql, statement.values(params))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session[Symbol.asyncDispose]()
  }
}
