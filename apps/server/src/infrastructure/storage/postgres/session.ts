import { Client } from 'pg'
import type { SqlValue } from '../../tables/definition/codec.ts'
import type { RowCodec } from '../../tables/definition/row.ts'
import { translated } from './failure.ts'
import { types } from './pool.ts'

interface PostgresSessionOptions {
  readonly url: string
  /** The application name of the session in the database. */
  readonly name: string
}

/**
 * A connection for long-running work: no statement has a timeout. Statements are sent in the order of the calls and responses
 * come in the same order. A failed statement does not affect later ones, unless they are in the same transaction.
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
    // An error of the connection also rejects the current statement, or the next one.
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

  /** Returns the number of changed rows. */
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
