import type { MessageStore } from '@cpc-messenger/messenger'
import pg from 'pg'
import { afterAll } from 'vitest'
import { openPostgresStore } from '../../../src/infrastructure/storage/postgres/message-store.ts'
import { PostgresServer } from '../../support/postgres.ts'
import type { StoreHarness } from '../contract/store-harness.ts'

let server: Promise<PostgresServer> | undefined
let databases = 0

/**
 * A new database on a server of this test file's own: what others write to the shared one holds back how far a mark can be
 * sure that all is in it.
 */
const ownDatabase = async (): Promise<string> => {
  server ??= PostgresServer.start({ durable: false })
  const running = await server
  databases += 1
  const name = `own_${databases}`
  const client = new pg.Client({ connectionString: running.url() })
  await client.connect()
  try {
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  return running.url(name)
}

afterAll(async () => {
  await (await server)?.[Symbol.asyncDispose]()
})

interface PostgresHarness extends StoreHarness {
  readonly url: string
  /** Another node's store over the same database. */
  other(): Promise<MessageStore>
}

export const openPostgresHarness = async (): Promise<PostgresHarness> => {
  const url = await ownDatabase()
  let store = await openPostgresStore({ url })
  const others: MessageStore[] = []
  return {
    url,
    get store() {
      return store
    },
    other: async () => {
      const other = await openPostgresStore({ url })
      others.push(other)
      return other
    },
    reopen: async () => {
      await store[Symbol.asyncDispose]()
      store = await openPostgresStore({ url })
      return store
    },
    [Symbol.asyncDispose]: async () => {
      for (const each of [store, ...others]) await each[Symbol.asyncDispose]()
    },
  }
}
