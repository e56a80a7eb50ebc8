import type { Broadcast, BroadcastRun } from '../load/subscribers/audience.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import type { Load, Served } from './serve.ts'

export interface Measured extends Broadcast {
  /** The server's, for each delivery. */
  readonly cpuMicroseconds: number
}

/** One server with all its subscribers; one load process reads for all servers. */
export class ServedAudience {
  readonly subscribers: number
  readonly #server: Served['server']
  readonly #load: Load
  readonly #audience: number

  private constructor(server: Served['server'], load: Load, audience: number, subscribers: number) {
    this.#server = server
    this.#load = load
    this.#audience = audience
    this.subscribers = subscribers
  }

  /** Resolves once all have subscribed. */
  static async gather({ server, audience }: Omit<Served, 'again'>, load: Load): Promise<ServedAudience> {
    const number = await load.call('gather', audience)
    const subscribers = audience.seats.length
    await server.stand?.(subscribers)
    return new ServedAudience(server, load, number, subscribers)
  }

  async broadcast(run: BroadcastRun): Promise<Measured> {
    const { pid } = this.#server
    const before = cpuSeconds(pid)
    const broadcast = await this.#load.call('broadcast', { audience: this.#audience, ...run })
    // The CPU time of a run too short to be measured is at most one tick of the clock.
    const cpu = Math.max(cpuSeconds(pid) - before, secondsPerTick)
    return { ...broadcast, cpuMicroseconds: (cpu / broadcast.deliveries) * 1e6 }
  }

  /** Closes every connection; the server stays. */
  dismiss(): Promise<null> {
    return this.#load.call('dismiss', this.#audience)
  }

  async stop(): Promise<void> {
    await this.dismiss()
    await this.#server.stop()
  }
}
