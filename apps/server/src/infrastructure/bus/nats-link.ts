import { setTimeout as delay } from 'node:timers/promises'
import type { Subscription } from '@nats-io/transport-node'
import type { Logger } from '../../services/telemetry/logger.ts'
import { ThrottledLogger } from '../logging/throttled-logger.ts'
import type { NatsAddress } from '../network/nats-address.ts'
import { NatsUnreachable } from './nats-greeting.ts'
import { NatsSession } from './nats-session.ts'

export interface NatsLinkOptions {
  readonly connectMs?: number
  /** A server that is cut off is noticed after twice this time. */
  readonly pingMs?: number
  /** Between two attempts; the first ones come sooner, each by chance up to half of it earlier or later. */
  readonly retryMs?: number
  readonly mostUnconfirmed?: number
  /** How long whoever begins to listen waits for the server to know. */
  readonly readyMs?: number
}

const defaults = { connectMs: 2000, pingMs: 2000, retryMs: 1000, mostUnconfirmed: 8_388_608, readyMs: 200 }
const firstRetryMs = 50

interface Heard {
  readonly receive: (bytes: Uint8Array) => void
  subscription: Subscription | undefined
}

const ready = Promise.resolve()

/** A standing link to one of some servers: when it breaks it is made anew, for ever, and what is listened to stays so. */
export class NatsLink implements AsyncDisposable {
  readonly #addresses: readonly NatsAddress[]
  readonly #options: Required<NatsLinkOptions>
  readonly #log: Logger
  readonly #throttled: ThrottledLogger
  readonly #onUp: () => void
  readonly #heard = new Map<string, Heard>()
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #session: NatsSession | undefined
  #isUp = false
  /** The server does not let us say or receive something. */
  #refused = false
  #settling: Promise<void> | undefined
  #firstRound: () => void = () => undefined
  /** Resolves when it is up for the first time, or when no server could be had. */
  readonly tried: Promise<void>

  /** `onUp` is called each time that it is up, once all that is listened to is known to the server. */
  constructor(addresses: readonly NatsAddress[], log: Logger, onUp: () => void, options: NatsLinkOptions = {}) {
    const from = Math.floor(Math.random() * addresses.length)
    this.#addresses = [...addresses.slice(from), ...addresses.slice(0, from)]
    this.#options = { ...defaults, ...options }
    this.#log = log
    this.#throttled = new ThrottledLogger(log)
    this.#onUp = onUp
    this.tried = new Promise(resolve => {
      this.#firstRound = resolve
    })
    this.#running = this.#run()
  }

  /** What is published reaches the server, and what is listened to comes from it. */
  get isUp(): boolean {
    return this.canSend && !this.#refused
  }

  /** Whether `publish` may go out. */
  get canSend(): boolean {
    return this.#isUp && this.#session?.flows === true
  }

  /** Bytes that one message may have. */
  get mostBytes(): number {
    return this.#session?.mostBytes ?? 0
  }

  /** One listener for each subject; `receive` must not throw. */
  listen(subject: string, receive: (bytes: Uint8Array) => void): void {
    this.#heard.set(subject, { receive, subscription: this.#session?.subscribe(subject, receive) })
  }

  forget(subject: string): void {
    this.#heard.get(subject)?.subscription?.unsubscribe()
    this.#heard.delete(subject)
  }

  /** Resolves once the server knows all that is listened to. Those who ask in one turn share one question to it. */
  ready(): Promise<void> {
    const session = this.#session
    if (!this.#isUp || session === undefined) return ready
    this.#settling ??= this.#settle(session)
    return this.#settling
  }

  /** Answers whether it goes out. */
  publish(subject: string, bytes: Uint8Array): boolean {
    return this.#isUp && this.#session?.publish(subject, bytes) === true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#session?.settled(this.#options.readyMs)
    await this.#session?.close(new NatsUnreachable('this node goes down'))
    await this.#running
  }

  async #settle(session: NatsSession): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    this.#settling = undefined
    await session.settled(this.#options.readyMs)
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    for (let failures = 0; !signal.aborted; ) {
      const address = this.#addresses[failures % this.#addresses.length]
      const session = address && (await this.#open(address))
      failures = session === undefined ? failures + 1 : 0
      if (session !== undefined) await this.#use(session)
      if (failures >= this.#addresses.length) this.#firstRound()
      const wait = Math.min(this.#options.retryMs, firstRetryMs * 2 ** Math.min(failures, 10))
      await delay(wait * (0.5 + Math.random()), undefined, { signal, ref: false }).catch(() => undefined)
    }
    this.#firstRound()
  }

  async #open(address: NatsAddress): Promise<NatsSession | undefined> {
    const server = `${address.host}:${address.port}`
    try {
      const session = await NatsSession.open(address, {
        ...this.#options,
        onRefused: error => {
          this.#refused = true
          this.#throttled.warn({ err: error, server }, 'the bus refuses something')
        },
      })
      this.#log.info({ server }, 'the bus is connected')
      return session
    } catch (error) {
      this.#throttled.warn({ err: error, server }, 'the bus cannot be reached; trying again')
      return undefined
    }
  }

  async #use(session: NatsSession): Promise<void> {
    this.#session = session
    this.#refused = false
    for (const [subject, heard] of this.#heard) heard.subscription = session.subscribe(subject, heard.receive)
    if (this.#closing.signal.aborted) await session.close(new NatsUnreachable('this node goes down'))
    await session.settled(this.#options.connectMs)
    if (session.flows) {
      this.#isUp = true
      this.#firstRound()
      this.#onUp()
    }
    const why = await session.ended
    this.#isUp = false
    this.#session = undefined
    for (const heard of this.#heard.values()) heard.subscription = undefined
    if (!this.#closing.signal.aborted) this.#throttled.warn({ err: why }, 'the bus is away; trying again')
  }
}
