import { setTimeout as delay } from 'node:timers/promises'
import { connect, type NatsConnection, type Subscription } from '@nats-io/transport-node'
import type { NatsAddress } from '../network/nats-address.ts'
import { awaitGreeting, NatsUnreachable } from './nats-greeting.ts'

/** The library's own pings end a connection only when it can still write to it: ours take their place. */
const neverMs = 2_000_000_000
/** Bytes after which the server is asked to confirm what it has. */
const confirmEvery = 262_144

export interface NatsSessionOptions {
  /** How long a connection may take. */
  readonly connectMs: number
  /** How often the server is asked for a sign of life: without one until the next it counts as gone. */
  readonly pingMs: number
  /** Bytes on their way that the server has not confirmed, at most: beyond, what is published is dropped. */
  readonly mostUnconfirmed: number
  /** Something was refused by the server: the session goes on without it. */
  readonly onRefused: (error: Error) => void
}

const credentialsOf = ({ user, password }: NatsAddress): { user?: string; pass?: string; token?: string } => {
  if (user === undefined) return {}
  return password === undefined ? { token: user } : { user, pass: password }
}

/** One connection to one server, until it breaks. It never mends itself, so nothing piles up in it. */
export class NatsSession {
  /** Resolves with why, once nothing comes or goes any more. */
  readonly ended: Promise<Error>
  readonly #connection: NatsConnection
  readonly #options: NatsSessionOptions
  readonly #timer: NodeJS.Timeout
  #end: (why: Error) => void = () => undefined
  #isOver = false
  /** Bytes published and not confirmed. */
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
    void connection.closed().then(error => this.#end(error ?? new NatsUnreachable('the server hung up')))
    void this.#hearRefusals()
  }

  /** Rejects where the server is not there, or does not want us. */
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

  /** The server takes what is published. */
  get flows(): boolean {
    return !this.#isOver && this.#unconfirmed < this.#options.mostUnconfirmed
  }

  /** Bytes that one message may have. */
  get mostBytes(): number {
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

  /** Answers whether it goes out; at the end of the turn, with all others of it. */
  publish(subject: string, bytes: Uint8Array): boolean {
    if (!this.flows || this.#connection.isClosed() || bytes.length > this.mostBytes) return false
    this.#connection.publish(subject, bytes)
    this.#unconfirmed += bytes.length
    if (this.#unconfirmed >= confirmEvery) this.#confirm()
    return true
  }

  /** Resolves once the server has all that was said to it, or the session is over, or after so long. */
  async settled(withinMs: number): Promise<void> {
    if (this.#isOver || this.#connection.isClosed()) return
    const late = new AbortController()
    const tooLate = delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined)
    // The library rejects it where the connection breaks.
    const flushed = this.#connection.flush().catch(() => undefined)
    await Promise.race([flushed, this.ended, tooLate])
    late.abort()
  }

  async close(why: Error): Promise<void> {
    this.#end(why)
    await this.#connection.close()
  }

  /** Asks the server to confirm all that was said to it. One question is on its way at a time. */
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
    // After a turn that took long, what the server has said meanwhile is still to be read.
    if (waiting >= this.#options.pingMs / 2) setImmediate(() => setImmediate(() => this.#endIfSilent(before)))
    this.#confirm()
  }

  #endIfSilent(received: number): void {
    if (this.#askedAt === undefined || this.#isOver || this.#connection.stats().inMsgs !== received) return
    void this.close(new NatsUnreachable('the server is silent'))
  }

  async #hearRefusals(): Promise<void> {
    for await (const status of this.#connection.status())
      if (status.type === 'error') this.#options.onRefused(status.error)
  }
}
