import type { MessageStore } from '@cpc-messenger/messenger'
import { openPostgresStore } from '../../src/infrastructure/storage/postgres-message-store.ts'
import { freshDatabase } from '../support/postgres.ts'
import type { StoreHarness } from './contract/store-harness.ts'

export interface PostgresHarness extends StoreHarness {
  readonly url: string
  /** Another node's store over the same database. */
  other(): Promise<MessageStore>
}

export const openPostgresHarness = async (): Promise<PostgresHarness> => {
  const database = await freshDatabase()
  const { url } = database
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
      await database[Symbol.asyncDispose]()
    },
  }
}
