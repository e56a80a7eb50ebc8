import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MessageStore } from '@cpc-messenger/messenger'
import { openSqliteStore } from '../../../src/infrastructure/storage/sqlite/message-store.ts'
import type { StoreHarness } from '../contract/store-harness.ts'

/** A directory that goes with the test. */
export const temporaryFile = async (): Promise<AsyncDisposable & { readonly file: string }> => {
  const directory = await mkdtemp(join(tmpdir(), 'messenger-'))
  return {
    file: join(directory, 'data', 'messenger.db'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  }
}

interface SqliteHarness extends StoreHarness {
  readonly file: string
}

export const openSqliteHarness = async (): Promise<SqliteHarness> => {
  const place = await temporaryFile()
  const { file } = place
  let store: MessageStore = await openSqliteStore({ file })
  return {
    file,
    get store() {
      return store
    },
    reopen: async () => {
      await store[Symbol.asyncDispose]()
      store = await openSqliteStore({ file })
      return store
    },
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}
