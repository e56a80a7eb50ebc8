import { setTimeout as delay } from 'node:timers/promises'
import type { Subscription } from '@nats-io/transport-node'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { ThrottledLogger } from '../../logging/throttled-logger.ts'
import type { NatsAddress } from '../../network/nats-address.ts'
import { NatsUnreachable } from './nats-greeting.ts'
import { NatsSession } from './nats-session.ts'

export interface NatsLinkOptions {
  readonly connectMs?: number
  /** A lost server is detected after twice this time. */
  readonly pingMs?: number
  /** Between two attempts. The first ones come sooner; each is moved at random by up to half of it. */
  readonly retryMs?: number
  readonly maxUnconfirmedBytes?: number
  /** How long a new listener waits for the server to confirm its subscription. */
  readonly readyMs?: number
}

const defaults = { connectMs: 2000, pingMs: 2000, retryMs: 1000, maxUnconfirmedBytes: 8_388_608, readyMs: 200 }
const firstRetryMs = 50

interface Subscribed {
  readonly receive: (bytes: Uint8Array) => void
  subscription: Subscription | undefined
}

const ready = Promise.resolve()

/** A permanent connection to one of several servers. It reconnects for ever, and keeps its subscriptions. */
export class NatsLink implements AsyncDisposable {
  readonly #addresses: readonly NatsAddress[]
  readonly #options: Required<NatsLinkOptions>
  readonly #log: Logger
  readonly #throttled: ThrottledLogger
  readonly #onUp: () => void
  readonly #subscribed = new Map<string, Subscribed>()
  readonly #closing = new AbortController()
  readonly #running: Promise<void>
  #session: NatsSession | undefined
  #isUp = false
  /** The server has refused a publication or a subscription. */
  #refused = false
  #settling: Promise<void> | undefined
  #firstRound: () => void = () => undefined
  /** Resolves when it is connected for the first time, or when no server was reachable. */
  readonly tried: Promise<void>

  /** Calls `onUp` after every connect, once the server knows all subscriptions. */
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

  /** Publications and subscriptions work. */
  get isUp(): boolean {
    return this.canSend && !this.#refused
  }

  /** Whether `publish` can send. */
  get canSend(): boolean {
    return this.#isUp && this.#session?.flows === true
  }

  /** The maximum bytes of one message. */
  get maxBytes(): number {
    return this.#session?.maxBytes ?? 0
  }

  /** One listener for each subject; `receive` must not throw. */
  listen(subject: string, receive: (bytes: Uint8Array) => void): void {
    this.#subscribed.set(subject, { receive, subscription: this.#session?.subscribe(subject, receive) })
  }

  forget(subject: string): void {
    this.#subscribed.get(subject)?.subscription?.unsubscribe()
    this.#subscribed.delete(subject)
  }

  /** Resolves once the server knows all subscriptions. Callers of one tick share one round trip. */
  ready(): Promise<void> {
    const session = this.#session
    if (!this.#isUp || session === undefined) return ready
    this.#settling ??= this.#settle(session)
    return this.#settling
  }

  /** Returns whether it is sent. */
  publish(subject: string, bytes: Uint8Array): boolean {
    return this.#isUp && this.#session?.publish(subject, bytes) === true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await this.#session?.settled(this.#options.readyMs)
    await this.#session?.close(new NatsUnreachable('this node shuts down'))
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
          this.#throttled.warn({ err: error, server }, 'NATS refused a publication or subscription')
        },
      })
      this.#log.info({ server }, 'the bus is connected')
      return session
    } catch (error) {
      this.#throttled.warn({ err: error, server }, 'NATS cannot be reached; retrying')
      return undefined
    }
  }

  async #use(session: NatsSession): Promise<void> {
    this.#session = session
    this.#refused = false
    for (const [subject, subscribed] of this.#subscribed)
      subscribed.subscription = session.subscribe(subject, subscribed.receive)
    if (this.#closing.signal.aborted) await session.close(new NatsUnreachable('this node shuts down'))
    await session.settled(this.#options.connectMs)
    if (session.flows) {
      this.#isUp = true
      this.#firstRound()
      this.#onUp()
    }
    const why = await session.ended
    this.#isUp = false
    this.#session = undefined
    for (const subscribed of this.#subscribed.values()) subscribed.subscription = undefined
    if (!this.#closing.signal.aborted) this.#throttled.warn({ err: why }, 'the connection to NATS was lost; retrying')
  }
}
