import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RunningServer } from '../server/running-server.ts'
import { approachCheckpoint } from './approach-checkpoint.ts'
import { KeyedSends } from './keyed-sends.ts'

const files = ['messenger.db', 'messenger.db-wal']

/** A server that can be started again and again with a write-ahead log that is nearly full. */
export class NearCheckpoint implements AsyncDisposable {
  readonly server: RunningServer
  readonly #sends: KeyedSends

  private constructor(server: RunningServer, sends: KeyedSends) {
    this.server = server
    this.#sends = sends
  }

  static async prepare(): Promise<NearCheckpoint> {
    const server = await RunningServer.start()
    const sends = await KeyedSends.inNewRoom(server, 300)
    await approachCheckpoint(server, () => sends.send(`before-${sends.answered.size}`))
    await server.kill()
    for (const file of files) await copyFile(join(server.folder, file), join(server.folder, `kept.${file}`))
    return new NearCheckpoint(server, sends)
  }

  /** Starts the server with the data as they were before the checkpoint; answers the sends that are among them. */
  async start(): Promise<KeyedSends> {
    const { server } = this
    await server.kill()
    await rm(`${server.databaseFile}-shm`, { force: true })
    for (const file of files) await copyFile(join(server.folder, `kept.${file}`), join(server.folder, file))
    await server.start()
    return this.#sends.copy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
  }
}
