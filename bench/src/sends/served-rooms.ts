import type { SendTransport } from '../load/sending/senders.ts'
import type { Plan } from '../plan.ts'
import { cpuSeconds, secondsPerTick } from '../processes/cpu-time.ts'
import { MessengerServer } from '../processes/messenger-server.ts'
import { lastSequenceOf, makeRoom } from '../rooms/make-room.ts'
import { tokenFor } from '../rooms/tokens.ts'
import { type Load, startLoad } from '../served/serve.ts'
import type { Measured, SendRun } from './send-load.ts'

interface Sender {
  readonly token: string
  readonly own: string
}

/** Our server with its senders' rooms, loaded from another process. */
export class ServedRooms {
  readonly server: MessengerServer
  readonly #load: Load
  readonly #senders: readonly Sender[]
  readonly #shared: string
  #answered = 0

  private constructor(server: MessengerServer, load: Load, senders: readonly Sender[], shared: string) {
    this.server = server
    this.#load = load
    this.#senders = senders
    this.#shared = shared
  }

  /** `environment`: settings of the server. */
  static async open(plan: Plan, environment: Readonly<Record<string, string>> = {}): Promise<ServedRooms> {
    const { processes, cpus, profileFolder, senders: count } = plan
    const server = await MessengerServer.start(processes, { cpu: cpus.measured, profileFolder, environment })
    const { port, jwtSecret } = server
    const names = Array.from({ length: count }, (_, index) => `sender-${index}`)
    const tokens = await Promise.all(names.map(name => tokenFor(jwtSecret, name)))
    const senders = await Promise.all(tokens.map(async token => ({ token, own: await makeRoom({ port, token }, []) })))
    const shared = await makeRoom({ port, token: tokens[0] ?? '' }, names.slice(1))
    return new ServedRooms(server, startLoad(plan), senders, shared)
  }

  /** Sends that the server has answered so far. */
  get answered(): number {
    return this.#answered
  }

  async send(transport: SendTransport, { senders, conversations, seconds }: SendRun): Promise<Measured> {
    const accounts = this.#senders
      .slice(0, senders)
      .map(({ token, own }) => ({ token, conversationId: conversations === 'one' ? this.#shared : own }))
    const { pid, port } = this.server
    const before = cpuSeconds(pid)
    const sent = await this.#load.call('send', { transport, port, accounts, seconds })
    this.#answered += sent.sends
    return { ...sent, cpuSeconds: Math.max(cpuSeconds(pid) - before, secondsPerTick) }
  }

  async stop(): Promise<void> {
    await this.#load.stop()
    await this.server.stop()
  }

  /** The number of events in all logs: logs have no gaps, so it is the sum of the last sequences. */
  async logged(): Promise<number> {
    const { port } = this.server
    const rooms = [
      ...this.#senders.map(({ token, own }) => ({ token, id: own })),
      { token: this.#senders[0]?.token ?? '', id: this.#shared },
    ]
    const heads = await Promise.all(rooms.map(({ token, id }) => lastSequenceOf({ port, token }, id)))
    return heads.reduce((sum, head) => sum + head, 0)
  }
}
