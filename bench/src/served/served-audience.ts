import type { Broadcast, BroadcastRun } from '../load/audience.ts'
import type { LoadCalls } from '../load/load-peer.ts'
import type { AudienceOptions } from '../load/open-audience.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import type { PeerProcess } from '../processes/peer-process.ts'

export interface Measured extends Broadcast {
  /** The server's, for each delivery. */
  readonly cpuMicroseconds: number
}

/** A process that serves an audience. */
export interface Serving {
  readonly pid: number
  stop(): Promise<void>
}

/** One server with all its subscribers, which one process reads for all servers. */
export class ServedAudience {
  readonly subscribers: number
  readonly #server: Serving
  readonly #load: PeerProcess<LoadCalls>
  readonly #audience: number

  private constructor(server: Serving, load: PeerProcess<LoadCalls>, audience: number, subscribers: number) {
    this.#server = server
    this.#load = load
    this.#audience = audience
    this.subscribers = subscribers
  }

  static async gather(
    server: Serving,
    load: PeerProcess<LoadCalls>,
    options: AudienceOptions,
  ): Promise<ServedAudience> {
    const audience = await load.call('gather', options)
    return new ServedAudience(server, load, audience, options.seats.length)
  }

  async broadcast(run: BroadcastRun): Promise<Measured> {
    const { pid } = this.#server
    const before = cpuSeconds(pid)
    const broadcast = await this.#load.call('broadcast', { audience: this.#audience, ...run })
    // What was too short for the clock of CPU time has taken one tick of it at most.
    const cpu = Math.max(cpuSeconds(pid) - before, secondsPerTick)
    return { ...broadcast, cpuMicroseconds: (cpu / broadcast.deliveries) * 1e6 }
  }

  async stop(): Promise<void> {
    await this.#load.call('dismiss', this.#audience)
    await this.#server.stop()
  }
}
