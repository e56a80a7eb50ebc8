import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { GraphQLServer } from '../../graphql/graphql-server.ts'
import { userId } from '../../graphql/graphql-server.ts'

/** More than PostgreSQL has connections for reading. */
const readers = 12

/** Over PostgreSQL, every statement that reads users waits until this is disposed of. */
export const holdUsers = async (server: GraphQLServer): Promise<AsyncDisposable> => {
  if (process.env.ENGINE !== 'postgres') return { [Symbol.asyncDispose]: () => Promise.resolve() }
  const connectionString = await readFile(join(server.folder, 'database-url'), 'utf8')
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('begin; lock table users in access exclusive mode')
  return {
    [Symbol.asyncDispose]: async () => {
      await client.query('rollback')
      await client.end()
    },
  }
}

/**
 * Over PostgreSQL, every connection for reading waits for a lock until this is disposed of; commits go on. SQLite's reads
 * cannot be held: they are done when they are asked for.
 */
export const holdReaders = async (server: GraphQLServer): Promise<AsyncDisposable> => {
  if (process.env.ENGINE !== 'postgres') return { [Symbol.asyncDispose]: () => Promise.resolve() }
  const users = await holdUsers(server)
  const held = Array.from({ length: readers }, () => server.store.latest.users.byIds([userId('nobody')]))
  for (const read of held) read.catch(() => undefined)
  return {
    [Symbol.asyncDispose]: async () => {
      await users[Symbol.asyncDispose]()
      await Promise.all(held)
    },
  }
}
