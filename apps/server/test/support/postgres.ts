import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { PostgresServer } from '../../../../tools/postgres/postgres-server.ts'

export { PostgresServer } from '../../../../tools/postgres/postgres-server.ts'

let own: PostgresServer | undefined

/**
 * For a test file in whose PostgreSQL no transactions of other files may go on: they hold marks of commits back, in all
 * databases of one server.
 */
export const useOwnPostgres = (): void => {
  if (process.env.ENGINE !== 'postgres') return
  beforeAll(async () => {
    own = await PostgresServer.start({ durable: false })
  }, 60_000)
  afterAll(async () => {
    await own?.[Symbol.asyncDispose]()
    own = undefined
  })
}

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: await serverUrl() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const serverUrl = async (): Promise<string> => {
  if (own !== undefined) return own.url()
  const answer = await fetch(inject('sharedPostgres'))
  const text = await answer.text()
  if (!answer.ok) throw new Error(`PostgreSQL for the tests did not start: ${text}`)
  return text
}

interface FreshDatabase extends AsyncDisposable {
  /** `postgres://…` */
  readonly url: string
}

/** A new, empty database on the PostgreSQL that all tests of a run share, or on the file's own; dropped when disposed of. */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(`CREATE DATABASE ${name}`)
  const url = new URL(await serverUrl())
  url.pathname = name
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => dropDatabase(url.href),
  }
}

export const dropDatabase = (url: string): Promise<void> =>
  administer(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
