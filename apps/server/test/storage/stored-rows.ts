import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { tables as described } from '../../src/infrastructure/tables/tables.ts'

type Rows = Readonly<Record<string, readonly string[]>>

/** The same text for any order of the columns. */
const textOf = (row: object): string =>
  JSON.stringify(Object.entries(row).toSorted(([one], [other]) => (one < other ? -1 : 1)))

const inOrder = (rows: readonly object[]): readonly string[] => rows.map(textOf).toSorted()

const tables = Object.keys(described)

/** Revisions of an erased history may still be there, and are not moved. */
const rowsOf = (table: string): string =>
  table === 'message_revisions'
    ? `select r.* from message_revisions as r join conversations as c on c.id = r.conversation_id
        where c.deleted_at is not null or r.history_generation = c.history_generation`
    : `select * from ${table}`

/** All rows of all tables, and the epoch. */
export const rowsOfSqlite = (file: string): Rows => {
  using database = new DatabaseSync(file, { readOnly: true })
  const rows = (sql: string): readonly string[] => inOrder(database.prepare(sql).all())
  return {
    ...Object.fromEntries(tables.map(table => [table, rows(rowsOf(table))])),
    meta: rows('select epoch, schema_version, last_commit from meta'),
  }
}

const number = new Set([20, 21, 23])

export const rowsOfPostgres = async (url: string): Promise<Rows> => {
  const types = { getTypeParser: (type: number) => (number.has(type) ? Number : (text: string) => text) }
  const client = new pg.Client({ connectionString: url, types })
  await client.connect()
  try {
    const rows = async (sql: string): Promise<readonly string[]> => inOrder((await client.query(sql)).rows)
    const all: Record<string, readonly string[]> = {}
    for (const table of tables) all[table] = await rows(rowsOf(table))
    return { ...all, meta: await rows('select epoch, schema_version, last_commit from meta') }
  } finally {
    await client.end()
  }
}
