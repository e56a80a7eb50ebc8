import { setTimeout as delay } from 'node:timers/promises'
import { connect, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import type { NatsAddress } from '../../network/nats-address.ts'
import { awaitGreeting, NatsUnreachable } from './nats-greeting.ts'

/** The library's own pings close a connection only while it can still write to it; ours replace them. */
const neverMs = 2_000_000_000
/** Bytes after which the server is asked to confirm what it has received. */
const confirmEvery = 262_144

interface NatsSessionOptions {
  /** How long connecting may take. */
  readonly connectMs: number
  /** Between two pings. A ping that is not answered before the next one is due ends the session. */
  readonly pingMs: number
  /** Maximum bytes that the server has not confirmed; beyond that, publications are dropped. */
  readonly maxUnconfirmedBytes: number
  /** The server has refused a request; the session continues. */
  readonly onRefused: (error: Error) => void
}

const credentialsOf = ({ user, password }: NatsAddress): { user?: string; pass?: string; token?: string } => {
  if (user === undefined) return {}
  return password === undefined ? { token: user } : { user, pass: password }
}

/** One connection to one server, until it is lost. It never reconnects, so nothing accumulates in it. */
export class NatsSession {
  /** Resolves with the reason when the connection has ended. */
  readonly ended: Promise<Error>
  readonly #connection: NatsConnection
  readonly #options: NatsSessionOptions
  readonly #timer: NodeJS.Timeout
  #end: (why: Error) => void = () => undefined
  #isOver = false
  /** Bytes that were published and are not confirmed. */
  #unconfirmed = 0
  #askedAt: number | undefined
  #received = 0

  private constructor(connection: NatsConnection, options: NatsSessionOptions) {
    this.#connection = connection
    this.#options = options
    this.ended = new Promise(resolve => {
      this.#end = why => {
        this.#isOver = true
        clearInterval(this.#timer)
        resolve(why)
      }
    })
    this.#timer = setInterval(() => this.#lookForLife(), options.pingMs).unref()
    void connection.closed().then(error => this.#end(error ?? new NatsUnreachable('the server closed the connection')))
    void this.#receiveRefusals()
  }

  /** Rejects if the server cannot be reached, or refuses the connection. */
  static async open(address: NatsAddress, options: NatsSessionOptions): Promise<NatsSession> {
    await awaitGreeting(address, options.connectMs)
    const host = address.host.includes(':') ? `[${address.host}]` : address.host
    const connection = await connect({
      servers: `${host}:${address.port}`,
      name: 'messenger',
      noEcho: true,
      reconnect: false,
      ignoreClusterUpdates: true,
      noAsyncTraces: true,
      timeout: options.connectMs,
      pingInterval: neverMs,
      ...(address.tls ? { tls: {} } : {}),
      ...credentialsOf(address),
    })
    return new NatsSession(connection, options)
  }

  /** The server accepts publications. */
  get flows(): boolean {
    return !this.#isOver && this.#unconfirmed < this.#options.maxUnconfirmedBytes
  }

  /** The maximum bytes of one message. */
  get maxBytes(): number {
    return this.#connection.info?.max_payload ?? 0
  }

  subscribe(subject: string, receive: (bytes: Uint8Array) => void): Subscription | undefined {
    if (this.#isOver || this.#connection.isClosed()) return undefined
    return this.#connection.subscribe(subject, {
      callback(error, message) {
        if (error === null) receive(message.data)
      },
    })
  }

  /** Returns whether it is sent: at the end of the tick, together with the others of that tick. */
  publish(subject: string, bytes: Uint8Array): boolean {
    if (!this.flows || this.#connection.isClosed() || bytes.length > this.maxBytes) return false
    this.#connection.publish(subject, bytes)
    this.#unconfirmed += bytes.length
    if (this.#unconfirmed >= confirmEvery) this.#confirm()
    return true
  }

  /** Resolves once the server has received everything, the session has ended, or the time is up. */
  async settled(withinMs: number): Promise<void> {
    if (this.#isOver || this.#connection.isClosed()) return
    const late = new AbortController()
    const tooLate = delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined)
    // The library rejects if the connection is lost.
    const flushed = this.#connection.flush().catch(() => undefined)
    await Promise.race([flushed, this.ended, tooLate])
    late.abort()
  }

  async close(why: Error): Promise<void> {
    this.#end(why)
    await this.#connection.close()
  }

  /** Asks the server to confirm everything so far. At most one such request is in flight. */
  #confirm(): void {
    if (this.#askedAt !== undefined || this.#isOver || this.#connection.isClosed()) return
    const before = this.#unconfirmed
    this.#askedAt = performance.now()
    this.#connection.flush().then(
      () => {
        this.#askedAt = undefined
        this.#unconfirmed -= before
        if (this.#unconfirmed >= confirmEvery) this.#confirm()
      },
      () => undefined,
    )
  }

  #lookForLife(): void {
    const waiting = this.#askedAt === undefined ? 0 : performance.now() - this.#askedAt
    const before = this.#received
    this.#received = this.#connection.stats().inMsgs
    // After a long tick, the server's answers may still be unread.
    if (waiting >= this.#options.pingMs / 2) setImmediate(() => setImmediate(() => this.#endIfSilent(before)))
    this.#confirm()
  }

  #endIfSilent(received: number): void {
    if (this.#askedAt === undefined || this.#isOver || this.#connection.stats().inMsgs !== received) return
    void this.close(new NatsUnreachable('the server does not respond'))
  }

  async #receiveRefusals(): Promise<void> {
    for await (const status of this.#connection.status())
      if (status.type === 'error') this.#options.onRefused(status.error)
  }
}
