import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startServer } from '../../../src/main.ts'
import { readSettings } from '../../../src/settings.ts'
import { silentLog } from '../../backend.ts'
import { jwtSecret } from '../../e2e/server/running-server.ts'
import { dropDatabase, freshDatabase } from '../../support/postgres.ts'

/** The server as `messenger serve` puts it together, in this process, over the engine of this run. */
export class WholeServer implements AsyncDisposable {
  readonly url: string
  readonly #server: RunningServer
  readonly #remove: () => Promise<void>

  private constructor(server: RunningServer, remove: () => Promise<void>) {
    this.#server = server
    this.url = server.url
    this.#remove = remove
  }

  static async start(environment: Readonly<Record<string, string>> = {}): Promise<WholeServer> {
    const { url, remove } = await database()
    const env = { PORT: '0', DATABASE_URL: url, AUTH_JWT_SECRET: jwtSecret, SHUTDOWN_SECONDS: '2', ...environment }
    const server = await startServer(readSettings({ argv: [], env, envFile: '/nowhere/.env' }), { log: silentLog })
    return new WholeServer(server, remove)
  }

  /** Of all labels together, or of these. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text()
    const line = text.split('\n').find(each => each.startsWith(`${name} `))
    return Number(line?.slice(name.length + 1) ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop()
    await this.#remove()
  }
}

const database = async (): Promise<{ readonly url: string; readonly remove: () => Promise<void> }> => {
  if (process.env.ENGINE === 'postgres') {
    const { url } = await freshDatabase()
    return { url, remove: () => dropDatabase(url) }
  }
  const folder = await mkdtemp(join(tmpdir(), 'messenger-'))
  return { url: `file:${join(folder, 'messenger.db')}`, remove: () => rm(folder, { recursive: true, force: true }) }
}
