import { Client } from 'pg'
import type { SqlValue } from '../../tables/codec.ts'
import type { RowCodec } from '../../tables/row.ts'
import { translated } from './failure.ts'
import { types } from './pool.ts'

export interface PostgresSessionOptions {
  readonly url: string
  /** Shown among the database's sessions. */
  readonly name: string
}

/**
 * A connection for work that takes long: no statement has a time-out. Statements go out as they are called for and are
 * answered in that order; one that fails leaves those after it standing, unless a transaction binds them.
 */
export class PostgresSession implements AsyncDisposable {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  static async open({ url, name }: PostgresSessionOptions): Promise<PostgresSession> {
    const client = new Client({
      connectionString: url,
      application_name: name,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      types,
      ...{ pipeline: true },
    })
    // What breaks the connection fails the statement that is under way, or the next.
    client.on('error', () => undefined)
    try {
      await client.connect()
      await client.query(`set statement_timeout = 0; set lock_timeout = '10s'; set client_min_messages = warning`)
    } catch (error) {
      throw translated(error)
    }
    return new PostgresSession(client)
  }

  async rows<Row>(row: RowCodec<Row>, sql: string, values: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const { rows, fields } = await this.#query(sql, values)
    return rows.map(row.bind(fields.map(({ name }) => name)))
  }

  /** Answers how many rows it changed. */
  async run(sql: string, values: readonly SqlValue[] = []): Promise<number> {
    return (await this.#query(sql, values)).rowCount ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end()
  }

  async #query(sql: string, values: readonly SqlValue[]) {
    try {
      return await this.#client.query({ text: sql, values: [...values], rowMode: 'array' })
    } catch (error) {
      throw translated(error)
    }
  }
}
