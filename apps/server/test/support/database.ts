import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { messengerCheck } from '../e2e/server/messenger-check.ts'

type Row = Readonly<Record<string, unknown>>

/** A deployment's data, as someone sees it who looks past the server. */
export interface Database {
  /** Each `?` is the next of the values. */
  rows(query: string, values?: readonly string[]): Promise<readonly Row[]>
  /** What `messenger check` says of it, which is that it found nothing: it throws where it finds anything. */
  check(): Promise<string>
}

const postgresRows = async (url: string, query: string, values: readonly string[]): Promise<readonly Row[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let number = 0
    const { rows } = await client.query<Row>(
      query.replaceAll('?', () => `$${++number}`),
      [...values],
    )
    return rows
  } finally {
    await client.end()
  }
}

const sqliteRows = (file: string, query: string, values: readonly string[]): readonly Row[] => {
  using database = new DatabaseSync(file, { readOnly: true })
  return database.prepare(query).all(...values)
}

export const databaseOf = (url: string): Database => ({
  async rows(query, values = []) {
    return url.startsWith('file:')
      ? sqliteRows(fileURLToPath(url.replace('file:', 'file://')), query, values)
      : postgresRows(url, query, values)
  },
  check: () => messengerCheck(url),
})
