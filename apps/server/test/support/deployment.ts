import { RunningServer } from '../e2e/server/running-server.ts'
import type { Address } from './address.ts'
import { type Database, databaseOf } from './database.ts'
import { NatsServer } from './nats-server.ts'
import { freshDatabase } from './postgres.ts'
import { shape } from './shape.ts'

type Environment = Readonly<Record<string, string>>

export const nodesInCluster = 3

/** The server as a whole, in the shape of this run. Each request and each connection goes to the next of its nodes. */
export class Deployment implements Address, AsyncDisposable {
  readonly nodes: readonly RunningServer[]
  readonly database: Database
  readonly #resources: AsyncDisposableStack
  #next = 0

  private constructor(nodes: readonly RunningServer[], database: Database, resources: AsyncDisposableStack) {
    this.nodes = nodes
    this.database = database
    this.#resources = resources
  }

  static async start(environment: Environment = {}): Promise<Deployment> {
    await using resources = new AsyncDisposableStack()
    const nodes: readonly [RunningServer, ...RunningServer[]] =
      shape === 'node' ? [await oneNode(resources, environment)] : await cluster(resources, environment)
    const [{ databaseUrl }] = nodes
    return new Deployment(nodes, databaseOf(databaseUrl), resources.move())
  }

  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url)
  }

  get url(): string {
    return this.next().url
  }

  get webSocketUrl(): string {
    return this.next().webSocketUrl
  }

  get pids(): readonly number[] {
    return this.nodes.map(({ pid }) => pid)
  }

  /** The node whose turn it is: for what is one node's own, as its count of connections. */
  next(): RunningServer {
    const node = this.nodes[this.#next++ % this.nodes.length]
    if (node === undefined) throw new TypeError('there is no node')
    return node
  }

  /** Every node, one after the other. */
  async restart(how: 'stop' | 'kill'): Promise<void> {
    for (const node of this.nodes) await node.restart(how)
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

const oneNode = async (resources: AsyncDisposableStack, environment: Environment): Promise<RunningServer> =>
  resources.use(await RunningServer.start({ environment }))

/** All at once: who comes first makes the tables. */
const cluster = async (
  resources: AsyncDisposableStack,
  environment: Environment,
): Promise<readonly [RunningServer, ...RunningServer[]]> => {
  const database = resources.use(await freshDatabase())
  const nats = resources.use(await NatsServer.start())
  const shared = { DATABASE_URL: database.url, NATS_URL: nats.url, ...environment }
  const starts = await Promise.allSettled(Array.from({ length: nodesInCluster }, () => oneNode(resources, shared)))
  const [first, ...others] = starts.map(start => {
    if (start.status === 'rejected') throw start.reason
    return start.value
  })
  if (first === undefined) throw new TypeError('no node')
  return [first, ...others]
}
