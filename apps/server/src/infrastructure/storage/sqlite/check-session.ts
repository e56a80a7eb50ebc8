import { number, text } from '../../tables/definition/codec.ts'
import { type RowCodec, row } from '../../tables/definition/row.ts'
import type { CheckSession } from '../checks/check-session.ts'
import type { BrokenRow } from '../checks/rule.ts'
import { plainStatement, type Statement } from '../statements/statement.ts'
import { SqliteConnection } from './connection.ts'
import { sqliteDialect } from './dialect.ts'

const rowsAtOnce = 1000

/** A file that is only read: a server may be running on it. */
export class SqliteCheckSession implements CheckSession, Disposable {
  readonly dialect = sqliteDialect
  readonly ruleDialect = {
    jsonValid: (column: string) => `json_valid(${column})`,
    jsonText: (column: string, key: string) => `(${column} ->> '${key}')`,
    mentionsIn: sqliteDialect.mentionsIn,
    greatestCommit: '(select last_commit from meta where id = 1)',
  }
  readonly #connection: SqliteConnection

  constructor(file: string) {
    this.#connection = new SqliteConnection({
      file,
      readOnly: true,
      pragmas: ['busy_timeout = 5000', 'query_only = on', 'cache_size = -64000', 'temp_store = file'],
    })
    this.#connection.execute('begin')
  }

  schemaVersion(): number | undefined {
    return this.#connection.query(
      row({ version: number }),
      'select schema_version as version from meta where id = 1',
    )[0]?.version
  }

  *damage(): Generator<BrokenRow> {
    const pages = this.#connection.query(row({ integrity_check: text }), 'pragma integrity_check')
    for (const { integrity_check: detail } of pages)
      if (detail !== 'ok') yield { conversation_id: null, subject: 'database file', detail }
  }

  async *pages<Row>(codec: RowCodec<Row>, query: string): AsyncGenerator<readonly Row[]> {
    const page: Row[] = []
    for (const found of this.#connection.each(plainStatement('check', query, codec), [])) {
      page.push(found)
      if (page.length === rowsAtOnce) yield page.splice(0)
    }
    yield page
  }

  async rows<Params, Row>(statement: Statement<Params, Row>, params: Params): Promise<readonly Row[]> {
    return this.#connection.rows(statement, params)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }
}
