import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { EventBus, MessageStore, PresenceRegistry, SignalBus } from '@cpc-messenger/messenger'
import pg from 'pg'
import { afterAll } from 'vitest'
import { openBusesInProcess } from '../../src/infrastructure/bus/in-process/buses.ts'
import { openBusesOverNats } from '../../src/infrastructure/bus/nats/buses.ts'
import { systemClock } from '../../src/infrastructure/clock/system-clock.ts'
import { openPostgresStore } from '../../src/infrastructure/storage/postgres/message-store.ts'
import { openSqliteStore } from '../../src/infrastructure/storage/sqlite/message-store.ts'
import type { Logger } from '../../src/services/telemetry/logger.ts'
import { silentMeter } from '../../src/services/telemetry/meter.ts'
import { NatsServer } from './nats-server.ts'
import { dropDatabase, freshDatabase } from './postgres.ts'

/** The adapters of services that a test opens in its own process: SQLite alone, or PostgreSQL and NATS. */
export interface Engine {
  readonly store: MessageStore
  readonly bus: EventBus
  readonly signalBus: SignalBus
  readonly presenceRegistry: PresenceRegistry
  /** Queries for reading so far. */
  readonly reads: { readonly count: number }
  /** No command commits until it is disposed of. */
  holdWriting(): Promise<AsyncDisposable>
  /** Ends it; what is stored stays. */
  close(): Promise<void>
  /** Removes what is stored outside the folder. */
  remove(): Promise<void>
}

const kind = process.env.ENGINE ?? 'sqlite'
if (kind !== 'sqlite' && kind !== 'postgres') throw new TypeError(`ENGINE must be sqlite or postgres, not ${kind}`)

let nats: Promise<NatsServer> | undefined
afterAll(async () => {
  await (await nats)?.[Symbol.asyncDispose]()
  nats = undefined
})

const openSqlite = async (folder: string, log: Logger): Promise<Engine> => {
  const reads = { count: 0 }
  const store = await openSqliteStore({ file: join(folder, 'messenger.db'), onRead: () => (reads.count += 1) })
  return {
    store,
    ...openBusesInProcess(log),
    reads,
    holdWriting: async () => {
      const database = new DatabaseSync(join(folder, 'messenger.db'), { timeout: 2000 })
      database.exec('begin immediate')
      return {
        [Symbol.asyncDispose]: async () => {
          if (database.isOpen) database.close()
        },
      }
    },
    close: async () => store[Symbol.asyncDispose](),
    remove: () => Promise.resolve(),
  }
}

/** The folder keeps its database. */
const urlOf = async (folder: string): Promise<string> => {
  const file = join(folder, 'database-url')
  try {
    return await readFile(file, 'utf8')
  } catch {
    const { url } = await freshDatabase()
    await writeFile(file, url)
    return url
  }
}

const openPostgres = async (folder: string, log: Logger): Promise<Engine> => {
  nats ??= NatsServer.start()
  const { port } = await nats
  const url = await urlOf(folder)
  const reads = { count: 0 }
  const store = await openPostgresStore({ url, onRead: () => (reads.count += 1) })
  const addresses = [{ host: '127.0.0.1', port, tls: false }]
  const buses = await openBusesOverNats({
    addresses,
    clock: systemClock,
    presenceTimes: { startMs: 0 },
    epoch: store.epoch,
    secret: await store.sharedSecret(),
    log,
    meter: silentMeter,
  })
  return {
    store,
    ...buses,
    reads,
    holdWriting: async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query('begin; lock table receipts in exclusive mode')
      return { [Symbol.asyncDispose]: () => client.end() }
    },
    close: async () => {
      await buses[Symbol.asyncDispose]()
      await store[Symbol.asyncDispose]()
    },
    remove: () => dropDatabase(url),
  }
}

export const openEngine = kind === 'sqlite' ? openSqlite : openPostgres
