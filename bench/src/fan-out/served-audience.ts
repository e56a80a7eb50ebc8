import type { Broadcast, BroadcastRun } from '../load/audience.ts'
import type { LoadCalls } from '../load/load-peer.ts'
import type { Protocol } from '../load/subscriber.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { PeerProcess } from '../processes/peer-process.ts'
import { makeRoom } from '../rooms/make-room.ts'
import { tokenFor } from '../rooms/tokens.ts'
import type { BroadcastCalls } from './broadcast-peer.ts'

export interface Measured extends Broadcast {
  /** The server's, for each delivery. */
  readonly cpuMicroseconds: number
}

/** One server with all its subscribers, which one process reads for all servers. */
export class ServedAudience {
  readonly #pid: number
  readonly #load: PeerProcess<LoadCalls>
  readonly #audience: number
  readonly stop: () => Promise<void>

  private constructor(pid: number, load: PeerProcess<LoadCalls>, audience: number, stop: () => Promise<void>) {
    this.#pid = pid
    this.#load = load
    this.#audience = audience
    this.stop = stop
  }

  /** Our server with a conversation of so many members, each on a connection of its own. */
  static async open(plan: Plan, load: PeerProcess<LoadCalls>, protocol: Protocol): Promise<ServedAudience> {
    const { processes, cpus, profileFolder } = plan
    const server = await MessengerServer.start(processes, { cpu: cpus.measured, profileFolder })
    const { port, jwtSecret } = server
    const names = Array.from({ length: plan.subscribers }, (_, index) => `reader-${index}`)
    const publisher = await tokenFor(jwtSecret, 'publisher')
    const conversationId = await makeRoom({ port, token: publisher }, names)
    const tokens = await Promise.all(names.map(name => tokenFor(jwtSecret, name)))
    const audience = await load.call('gather', { protocol, port, conversationId, publisher, tokens })
    return new ServedAudience(server.pid, load, audience, () => server.stop())
  }

  /** The limit: a bare WebSocket server. */
  static async openBare({ processes, cpus, subscribers }: Plan, load: PeerProcess<LoadCalls>): Promise<ServedAudience> {
    const program = new URL('./broadcast-peer.ts', import.meta.url)
    const peer = new PeerProcess<BroadcastCalls>(processes, program, cpus.measured)
    const port = await peer.call('listen', null)
    const audience = await load.call('gather', { protocol: 'bare', port, subscribers })
    return new ServedAudience(peer.pid, load, audience, async () => undefined)
  }

  async broadcast(run: BroadcastRun): Promise<Measured> {
    const before = cpuSeconds(this.#pid)
    const broadcast = await this.#load.call('broadcast', { audience: this.#audience, ...run })
    // What was too short for the clock of CPU time has taken one tick of it at most.
    const cpu = Math.max(cpuSeconds(this.#pid) - before, secondsPerTick)
    return { ...broadcast, cpuMicroseconds: (cpu / broadcast.deliveries) * 1e6 }
  }
}
