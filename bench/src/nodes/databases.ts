import pg from 'pg'
import { PostgresServer } from '../../../tools/postgres/postgres-server.ts'

/** A separate PostgreSQL for one part of the bench; committed data survives a power cut. */
export class Databases implements AsyncDisposable {
  readonly #server: PostgresServer
  #made = 0

  private constructor(server: PostgresServer) {
    this.#server = server
  }

  static async start(): Promise<Databases> {
    return new Databases(await PostgresServer.start({ durable: true }))
  }

  /** The URL of a new, empty database. */
  async make(): Promise<string> {
    this.#made += 1
    const name = `bench_${this.#made}`
    const client = new pg.Client({ connectionString: this.#server.url() })
    await client.connect()
    try {
      await client.query(`create database ${name}`)
    } finally {
      await client.end()
    }
    return this.#server.url(name)
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#server[Symbol.asyncDispose]()
  }
}
