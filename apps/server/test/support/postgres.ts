import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

export { PostgresServer } from '../../../../tools/postgres/postgres-server.ts'

const administer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: await sharedUrl() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

const sharedUrl = async (): Promise<string> => {
  const answer = await fetch(inject('sharedPostgres'))
  const text = await answer.text()
  if (!answer.ok) throw new Error(`PostgreSQL for the tests did not start: ${text}`)
  return text
}

export interface FreshDatabase extends AsyncDisposable {
  /** `postgres://…` */
  readonly url: string
}

/** A new, empty database on the PostgreSQL that all tests of a run share; dropped when disposed of. */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(`CREATE DATABASE ${name}`)
  const url = new URL(await sharedUrl())
  url.pathname = name
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => dropDatabase(url.href),
  }
}

export const dropDatabase = (url: string): Promise<void> =>
  administer(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`)
