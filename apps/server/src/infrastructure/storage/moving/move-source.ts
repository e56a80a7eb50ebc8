import { existsSync } from 'node:fs'
import { commit, number, type SqlValue, text } from '../../tables/definition/codec.ts'
import { type RowOf, row, storedRow } from '../../tables/definition/row.ts'
import { tables } from '../../tables/tables.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { newestSchema } from '../schema/migrations.ts'
import { SqliteConnection } from '../sqlite/connection.ts'
import { isSealed } from '../sqlite/seal.ts'
import { plainStatement, type Statement } from '../statements/statement.ts'
import type { MovedKey, MovedRow, MovedTable } from './moved-tables.ts'

const metaRow = row({ epoch: text, schema_version: number, last_commit: commit })
type Meta = RowOf<typeof metaRow>

const quoted = (columns: readonly string[]): string => columns.map(column => `"${column}"`).join(', ')

/** The size of a page: rows, and the approximate length of their texts. */
const rowsAtOnce = 2000
const textAtOnce = 4_000_000

const lengthOf = (row: MovedRow): number =>
  Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0)

/** The file to move, opened read-only; a server may be running on it. */
export class MoveSource implements Disposable {
  readonly file: string
  readonly #connection: SqliteConnection
  readonly #statements = new Map<string, Statement<readonly SqlValue[], MovedRow>>()

  constructor(file: string) {
    if (!existsSync(file)) throw new MigrationError(`There is nothing to move: ${file} does not exist.`)
    this.file = file
    this.#connection = new SqliteConnection({
      file,
      readOnly: true,
      pragmas: ['busy_timeout = 5000', 'query_only = on', 'cache_size = -64000', 'temp_store = file'],
    })
    try {
      this.#requireKnown()
    } catch (error) {
      this.#connection[Symbol.dispose]()
      throw error
    }
  }

  get meta(): Meta {
    const [meta] = this.#connection.query(metaRow, 'select epoch, schema_version, last_commit from meta where id = 1')
    if (meta === undefined) throw new MigrationError(`${this.file} has no epoch: its table "meta" is empty.`)
    return meta
  }

  get sealed(): boolean {
    return isSealed(this.#connection)
  }

  /** All reads of `work` are in one snapshot. */
  async together<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#connection.execute('begin')
    try {
      return await work()
    } finally {
      this.#connection.execute('rollback')
    }
  }

  /** The rows of a table in the order of its key, after `after` and up to `upTo`. Each page is one snapshot. */
  *pages(table: MovedTable, after: MovedKey | undefined, upTo?: MovedKey): Generator<readonly MovedRow[]> {
    const columns = tables[table].key
    const key = quoted(columns)
    const places = columns.map(() => '?').join(', ')
    const valuesOf = (place: MovedKey): readonly SqlValue[] => columns.map(column => place[column] ?? null)
    for (let last = after; ; ) {
      const bounds = [
        ...(last === undefined ? [] : [`(${key}) > (${places})`]),
        ...(upTo === undefined ? [] : [`(${key}) <= (${places})`]),
      ]
      const where = bounds.length === 0 ? '' : `where ${bounds.join(' and ')}`
      const values = [last, upTo].flatMap(place => (place === undefined ? [] : valuesOf(place)))
      const rows = this.#upToAPage(`select * from "${table}" ${where} order by ${key} limit ${rowsAtOnce}`, values)
      if (rows.length === 0) return
      yield rows
      last = rows.at(-1)
    }
  }

  /** Rows of which these columns have one of these sets of values. */
  rowsOf(table: MovedTable, columns: readonly string[], keys: readonly MovedKey[]): readonly MovedRow[] {
    if (keys.length === 0) return []
    const values = columns.map(column => `value ->> '${column}'`).join(', ')
    const sql = `select * from "${table}" where (${quoted(columns)}) in (select ${values} from json_each(?))`
    return this.#connection.rows(this.#statement(sql), [JSON.stringify(keys)])
  }

  /** Row by row. While it is open, the same statement must not be run again. */
  each(sql: string, values: readonly SqlValue[]): Generator<MovedRow> {
    return this.#connection.each(this.#statement(sql), values)
  }

  rows(sql: string, values: readonly SqlValue[]): readonly MovedRow[] {
    return this.#connection.rows(this.#statement(sql), values)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }

  #upToAPage(sql: string, values: readonly SqlValue[]): readonly MovedRow[] {
    const rows: MovedRow[] = []
    let length = 0
    for (const row of this.each(sql, values)) {
      rows.push(row)
      length += lengthOf(row)
      if (length > textAtOnce) break
    }
    return rows
  }

  #statement(sql: string): Statement<readonly SqlValue[], MovedRow> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = plainStatement('move', sql, storedRow)
    this.#statements.set(sql, made)
    return made
  }

  #requireKnown(): void {
    const tables = this.#connection.query(row({}), `select 1 from sqlite_schema where type = 'table' and name = 'meta'`)
    if (tables.length === 0) throw new MigrationError(`${this.file} is not a messenger database.`)
    const { schema_version: version } = this.meta
    if (version > newestSchema)
      throw new MigrationError(
        `${this.file} has schema ${version}, made by a newer messenger; this one knows ${newestSchema} at most.`,
      )
    if (version < newestSchema)
      throw new MigrationError(
        `${this.file} has schema ${version}, made by an older messenger: start this version's server on it first.`,
      )
  }
}
