import { setTimeout as after } from 'node:timers/promises'
import type { PeerProtocol } from '../load/subscribers/subscriber.ts'
import type { PeerCalls } from '../peers/peer-calls.ts'
import type { Plan } from '../plan.ts'
import { PeerProcess } from '../processes/peer-process.ts'

interface PeerKind {
  readonly program: string
  readonly protocol: PeerProtocol
}

/** The servers that are compared with ours: they broadcast, and one stores messages. */
const kinds = {
  'bare ws': { program: 'bare-peer.ts', protocol: 'bare' },
  'Socket.IO': { program: 'socket-io-peer.ts', protocol: 'socket.io' },
  'GraphQL Yoga with graphql-ws': { program: 'yoga-peer.ts', protocol: 'graphql-ws' },
  'ws and a SQLite commit': { program: 'durable-peer.ts', protocol: 'bare' },
  Mercurius: { program: 'mercurius-peer.ts', protocol: 'graphql-ws' },
} as const satisfies Record<string, PeerKind>

export type PeerName = keyof typeof kinds

/** `bare ws` is the lower bound; these are other servers. */
export const otherPeers: readonly PeerName[] = ['Socket.IO', 'GraphQL Yoga with graphql-ws', 'Mercurius']

const standMs = 30_000

export class PeerServer {
  readonly protocol: PeerProtocol
  readonly port: number
  readonly orders: number | undefined
  readonly #process: PeerProcess<PeerCalls>

  private constructor(peer: PeerProcess<PeerCalls>, protocol: PeerProtocol, ports: PeerCalls['listen']['answer']) {
    this.#process = peer
    this.protocol = protocol
    this.port = ports.port
    this.orders = ports.orders
  }

  static async start({ processes, cpus }: Plan, name: PeerName): Promise<PeerServer> {
    const { program, protocol } = kinds[name]
    const peer = new PeerProcess<PeerCalls>(processes, new URL(`../peers/${program}`, import.meta.url), cpus.measured)
    return new PeerServer(peer, protocol, await peer.call('listen', { file: processes.file('peer.db') }))
  }

  get pid(): number {
    return this.#process.pid
  }

  /**
   * Resolves once so many subscriptions are active; polls the server, for protocols that send nothing at that moment.
   */
  async stand(count: number): Promise<void> {
    const until = performance.now() + standMs
    while ((await this.#process.call('subscriptionCount', null)) < count) {
      if (performance.now() > until) throw new Error(`fewer than ${count} subscriptions are active`)
      await after(20)
    }
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
