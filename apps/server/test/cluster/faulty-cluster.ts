import { setTimeout as after } from 'node:timers/promises'
import { PostgresServer } from '../../../../tools/postgres/postgres-server.ts'
import { RunningServer } from '../e2e/server/running-server.ts'
import { type Database, databaseOf } from '../support/database.ts'
import { nodesInCluster } from '../support/deployment.ts'
import { NatsServer } from '../support/nats-server.ts'
import { CutProxy } from './cut-proxy.ts'
import type { Fault } from './fault-plan.ts'

const reconnectMs = 60_000

interface Member {
  readonly node: RunningServer
  /** Between this node and NATS. */
  readonly line: CutProxy
}

/** Three nodes, each with a line of its own to NATS, and a PostgreSQL of their own: all of it may be broken. */
export class FaultyCluster implements AsyncDisposable {
  readonly members: readonly Member[]
  readonly nats: NatsServer
  readonly postgres: PostgresServer
  readonly database: Database
  readonly #resources: AsyncDisposableStack
  /** What is broken at the moment: it is not broken a second time. */
  readonly #broken = new Set<string>()

  private constructor(
    members: readonly Member[],
    nats: NatsServer,
    postgres: PostgresServer,
    database: Database,
    resources: AsyncDisposableStack,
  ) {
    this.members = members
    this.nats = nats
    this.postgres = postgres
    this.database = database
    this.#resources = resources
  }

  static async start(): Promise<FaultyCluster> {
    await using resources = new AsyncDisposableStack()
    const postgres = resources.use(await PostgresServer.start())
    const url = await postgres.database('messenger')
    const nats = resources.use(await NatsServer.start())
    const members: Member[] = []
    for (let index = 0; index < nodesInCluster; index += 1) {
      const line = resources.use(await CutProxy.listen(nats.port))
      const environment = { DATABASE_URL: url, NATS_URL: `nats://127.0.0.1:${line.port}` }
      members.push({ line, node: resources.use(await RunningServer.start({ environment })) })
    }
    return new FaultyCluster(members, nats, postgres, databaseOf(url), resources.move())
  }

  get nodes(): readonly RunningServer[] {
    return this.members.map(({ node }) => node)
  }

  member(index: number): Member {
    const member = this.members[index % this.members.length]
    if (member === undefined) throw new TypeError('there is no node')
    return member
  }

  /** Injects a fault, and repairs it after its duration. Returns false if the same thing was broken already. */
  async suffer({ kind, node: index, lastsMs }: Fault): Promise<boolean> {
    const { node, line } = this.member(index)
    const what = kind.startsWith('node') || kind === 'NATS cut off' ? `${kind.slice(0, 4)} ${index}` : kind.slice(0, 4)
    if (this.#broken.has(what)) return false
    this.#broken.add(what)
    switch (kind) {
      case 'node killed':
      case 'node stopped':
        await node[kind === 'node killed' ? 'kill' : 'stop']()
        await after(lastsMs)
        await restart(node)
        break
      case 'NATS stopped':
      case 'NATS wiped':
        await this.nats.kill()
        await after(lastsMs)
        await this.nats.start()
        break
      case 'NATS cut off':
        line.cut()
        await after(lastsMs)
        line.heal()
        break
      case 'PostgreSQL stopped':
        await this.postgres.stop('immediate')
        await after(lastsMs)
        await this.postgres.start()
        break
    }
    this.#broken.delete(what)
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

/** Starts the node until it keeps running, as a process supervisor does. */
const restart = async (node: RunningServer): Promise<void> => {
  const deadline = Date.now() + reconnectMs
  for (;;) {
    try {
      return await node.start()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await node.kill()
      await after(200)
    }
  }
}
