import { PlainClient } from '../server/plain-client.ts'
import { tokenFor } from '../server/running-server.ts'

type Status = 'ONLINE' | 'AWAY' | 'OFFLINE'

interface Device {
  readonly client: PlainClient
  active: boolean
}

/** A user with two devices, and what others have to see of the user. */
export class Person implements AsyncDisposable {
  readonly name: string
  readonly #webSocketUrl: () => string
  readonly #devices: (Device | undefined)[] = [undefined, undefined]
  #token = ''
  /** How often what others have to see has changed. */
  changes = 0

  constructor(name: string, webSocketUrl: () => string) {
    this.name = name
    this.#webSocketUrl = webSocketUrl
  }

  get status(): Status {
    const devices = this.#devices.filter(device => device !== undefined)
    if (devices.length === 0) return 'OFFLINE'
    return devices.some(({ active }) => active) ? 'ONLINE' : 'AWAY'
  }

  async open(): Promise<void> {
    this.#token = await tokenFor(this.name)
    for (const index of this.#devices.keys()) await this.#connect(index)
  }

  /** Does one thing that people do with one of their devices. */
  async act(random: () => number): Promise<void> {
    const before = this.status
    const index = Math.floor(random() * this.#devices.length)
    const device = this.#devices[index]
    if (device === undefined) await this.#connect(index)
    else if (random() < 0.6) {
      device.active = !device.active
      device.client.send({ type: 'SetActive', active: device.active })
    } else await this.#disconnect(index)
    if (random() < 0.1) await this.#disconnect(1 - index)
    if (this.status !== before) this.changes += 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const index of this.#devices.keys()) await this.#disconnect(index)
  }

  async #connect(index: number): Promise<void> {
    const client = await PlainClient.connect({ webSocketUrl: this.#webSocketUrl() }, this.#token)
    await client.frame('Connected')
    this.#devices[index] = { client, active: true }
  }

  async #disconnect(index: number): Promise<void> {
    const device = this.#devices[index]
    this.#devices[index] = undefined
    await device?.client[Symbol.asyncDispose]()
  }
}

/** Runs `work` for each item, a bounded number at once. */
export const inParallel = async <Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> => {
  const waiting = items.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of waiting) await work(item)
    }),
  )
}

/** A member who subscribes to the presence of all others. */
export class Watcher implements AsyncDisposable {
  readonly #client: PlainClient
  readonly #statuses = new Map<string, string>()
  #signals = 0
  /** The frames before this one are read. */
  #next = 0

  private constructor(client: PlainClient) {
    this.#client = client
  }

  static async open(name: string, webSocketUrl: string, conversationId: string): Promise<Watcher> {
    const client = await PlainClient.connect({ webSocketUrl }, await tokenFor(name))
    client.send({ type: 'SubscribeSignals', id: 'presence', conversationId, kinds: ['PRESENCE'] })
    await client.frame('Ok', ({ id }) => id === 'presence')
    return new Watcher(client)
  }

  get signals(): number {
    this.#read()
    return this.#signals
  }

  /** The latest status of a user; one of whom nothing was received is OFFLINE. */
  status(name: string): string {
    this.#read()
    return this.#statuses.get(name) ?? 'OFFLINE'
  }

  #read(): void {
    const { frames } = this.#client
    for (; this.#next < frames.length; this.#next += 1) {
      const frame = frames[this.#next]
      if (frame?.type !== 'PresenceChanged') continue
      this.#signals += 1
      this.#statuses.set(String(frame.userId), String(frame.status))
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]()
  }
}
