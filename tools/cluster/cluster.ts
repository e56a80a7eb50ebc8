import { join, resolve } from 'node:path'
import { PostgresServer } from '../postgres/postgres-server.ts'
import { freePort } from './free-port.ts'
import { findNatsServer, startNats } from './nats.ts'
import { startNode } from './node.ts'
import type { Process } from './process.ts'
import { TcpProxy } from './tcp-proxy.ts'

export const nodeCount = 3

interface ClusterOptions {
  /** Of the proxy; those of the nodes follow it. 0: any free ones. */
  readonly port: number
  /** Keeps the data. Without it: a temporary folder. */
  readonly data: string | undefined
  readonly print: (line: string) => void
}

/** PostgreSQL, NATS, three nodes and a proxy in front of them, all on this machine. */
export class Cluster implements AsyncDisposable {
  url = ''
  databaseUrl = ''
  natsUrl = ''
  readonly nodeUrls: string[] = []
  readonly #endings: Promise<string>[] = []
  readonly #stack = new AsyncDisposableStack()

  /** Stops all parts if one does not start. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster()
    try {
      await cluster.#start(options)
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Resolves with the name of the part that ended by itself. */
  ended(): Promise<string> {
    return Promise.race(this.#endings)
  }

  /** The proxy first, then the nodes, then NATS and PostgreSQL. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  async #start({ port, data, print }: ClusterOptions): Promise<void> {
    const natsServer = findNatsServer()
    await telling(port, () => freePort(port))
    const kept = data === undefined ? {} : { folder: join(resolve(data), 'postgres') }
    const postgres = this.#stack.use(await PostgresServer.start(kept))
    this.#endings.push(postgres.ended().then(() => 'PostgreSQL'))
    this.databaseUrl = await postgres.database('messenger')
    const natsPort = await freePort()
    this.#keep([await startNats(natsServer, natsPort, line => print(`nats-server | ${line}`))])
    this.natsUrl = `nats://127.0.0.1:${natsPort}`
    const ports = await Promise.all(
      Array.from({ length: nodeCount }, (_, index) => (port === 0 ? freePort() : portOfNode(port + 1 + index))),
    )
    await this.#startNodes(ports, postgres.folder, print)
    const proxy = this.#stack.use(await telling(port, () => TcpProxy.listen(port, ports)))
    this.url = `http://127.0.0.1:${proxy.port}`
  }

  /** All at once, as after a power cut: the first node migrates the tables. */
  async #startNodes(ports: readonly number[], folder: string, print: (line: string) => void): Promise<void> {
    const settings = { databaseUrl: this.databaseUrl, natsUrl: this.natsUrl, folder }
    const starts = await Promise.allSettled(
      ports.map((port, index) => {
        const name = `node-${index + 1}`
        return startNode(name, { port, ...settings }, line => print(`${name} | ${line}`))
      }),
    )
    this.#keep(starts.flatMap(start => (start.status === 'fulfilled' ? [start.value] : [])))
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    this.nodeUrls.push(...ports.map(port => `http://127.0.0.1:${port}`))
  }

  /** These are stopped together. */
  #keep(processes: readonly Process[]): void {
    for (const each of processes) this.#endings.push(each.ended().then(() => each.name))
    this.#stack.defer(async () => {
      await Promise.all(processes.map(each => each.stop()))
    })
  }
}

/** Rejects if another program listens on the port: its answers would be taken for the node's. */
const portOfNode = (port: number): Promise<number> => telling(port, () => freePort(port))

/** Says in the error that the port is taken. */
const telling = async <Result>(port: number, listen: () => Promise<Result>): Promise<Result> => {
  try {
    return await listen()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Error(`port ${port} is taken: choose another with --port`, { cause: error })
    throw error
  }
}
