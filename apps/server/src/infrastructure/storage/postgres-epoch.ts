import { randomUUID } from 'node:crypto'
import { renewEpoch } from './epoch.ts'
import { migrate } from './migrations.ts'
import { PostgresEngine } from './postgres-engine.ts'

/** For a database that was put in its place by other means. Nodes read the epoch at their start: none may be running. */
export const renewPostgresEpoch = async (url: string): Promise<string> => {
  await using engine = new PostgresEngine({ url, writers: 1, readers: 1 })
  await migrate(engine, randomUUID())
  return await renewEpoch(engine)
}
