import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { openPostgresStore } from '/tmp/w-store/apps/server/src/infrastructure/storage/postgres-message-store.ts'
import { messageStoreContract } from '/tmp/w-store/apps/server/test/storage/message-store.contract.ts'

const admin = async (sql: string) => {
  const c = new Client({ connectionString: 'postgres://root@127.0.0.1:5432/postgres' })
  await c.connect()
  await c.query(sql)
  await c.end()
}
messageStoreContract({
  sqlite: async () => {
    const name = 't' + randomBytes(6).toString('hex')
    await admin(`create database ${name}`)
    const url = `postgres://root@127.0.0.1:5432/${name}`
    let store = await openPostgresStore({ url })
    return {
      get store() {
        return store
      },
      reopen: async () => {
        await store[Symbol.asyncDispose]()
        store = await openPostgresStore({ url })
        return store
      },
      [Symbol.asyncDispose]: async () => {
        await store[Symbol.asyncDispose]()
        await admin(`drop database ${name}`)
      },
    }
  },
})
