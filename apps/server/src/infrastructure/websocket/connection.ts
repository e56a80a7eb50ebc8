import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Clock, formatInstant, Refusal, unauthenticated } from '@cpc-messenger/messenger'
import {
  type ClientFrame,
  type ControlFrame,
  encodeServerFrame,
  frameBytes,
  parseClientFrame,
  type RefusedFrame,
} from '@cpc-messenger/protocol'
import type { WebSocket } from 'ws'
import type { SubscriptionService } from '../../delivery/streams/subscription-service.ts'
import type { Session, SignIn } from '../../services/identity/sign-in.ts'
import { LimitReached, limitReached } from '../../services/limits/limit-reached.ts'
import type { Charges } from '../../services/limits/limit-table.ts'
import type { RateLimiter } from '../../services/limits/rate-limiter.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { SpanStart, Tracer } from '../../services/telemetry/tracer.ts'
import { type CloseReason, closeCodes } from '../errors/close-codes.ts'
import { errorTable } from '../errors/error-table.ts'
import { reportInternalError } from '../errors/internal-error.ts'
import { bytesOf } from '../sockets/frame-bytes.ts'
import { FrameRateLimiter } from '../sockets/frame-rate-limiter.ts'
import { Heartbeat } from '../sockets/heartbeat.ts'
import { SocketWriter } from '../sockets/socket-writer.ts'
import { textFrame } from '../sockets/text-frame.ts'
import type { UnauthenticatedBytes } from '../sockets/unauthenticated-bytes.ts'
import { tooManyConnections, type UserConnections } from '../sockets/user-connections.ts'
import { Authentication, type Credentials } from './authentication.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { errorFrame } from './error-frame.ts'
import { type CommonPumpParts, EventPump, type PumpOwner } from './event-pump.ts'
import { FrameQueue } from './frame-queue.ts'
import { handleFrame } from './handle-frame.ts'
import { Subscriptions } from './subscriptions.ts'

export interface ConnectionParts extends CommonPumpParts {
  readonly subscriptionService: SubscriptionService
  readonly signIn: SignIn
  readonly log: Logger
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
  readonly limits: ConnectionLimits
  readonly users: UserConnections
  readonly unauthenticated: UnauthenticatedBytes
  /** Without it no rate is limited but that of the frames of one connection. */
  readonly limiter?: RateLimiter | undefined
}

/** How long a connection that was closed may take to go before it is cut. */
const closeTimeoutMs = 5000
/** What a user with too many connections is told to wait. */
const tooManyWaitMs = 10_000

type AnyFrame = ClientFrame | RefusedFrame
/** What the client sent, in the order in which it came. */
type Incoming = { readonly data: Buffer; readonly binary: boolean } | { readonly credentials: Credentials }

/** One client on `messenger.v1`, from the upgrade until its socket is gone. */
export class Connection implements PumpOwner {
  readonly writer: SocketWriter
  readonly #id = randomUUID()
  readonly #webSocket: WebSocket
  readonly #socket: Socket
  #unauthenticated: Disposable | undefined
  readonly #parts: ConnectionParts
  readonly #pump: EventPump
  readonly #authentication: Authentication
  readonly #incoming: FrameQueue<Incoming>
  readonly #frameRate: FrameRateLimiter
  readonly #heartbeat: Heartbeat
  readonly #openedAt = performance.now()
  /** There once a token was accepted. */
  #subscriptions: Subscriptions | undefined
  #closedAt: number | undefined

  constructor(webSocket: WebSocket, socket: Socket, parts: ConnectionParts) {
    const { limits } = parts
    this.#webSocket = webSocket
    this.#socket = socket
    this.#parts = parts
    this.writer = new SocketWriter(webSocket, socket, limits.bufferBytes)
    this.#pump = new EventPump(parts, this)
    this.writer.onRoom(() => this.#pump.resume())
    this.#authentication = new Authentication(parts.signIn, parts.clock)
    this.#incoming = new FrameQueue(incoming => this.#receive(incoming), webSocket)
    this.#frameRate = new FrameRateLimiter(limits.frames, this.#openedAt)
    this.#heartbeat = new Heartbeat(limits.heartbeatSeconds, this.#openedAt)
  }

  get epoch(): string {
    return this.#parts.subscriptionService.epoch
  }

  mayDeliver(): boolean {
    return !this.#closeIfTokenEnded()
  }

  failed(error: unknown): void {
    const fields = { connectionId: this.#id }
    const { code, errorId } = reportInternalError(error, this.#parts.log, 'events could not be delivered', fields)
    this.#close('internalError', `${code} ${errorId}`)
  }

  /** Begins to listen. Credentials that came with the upgrade are taken before any frame. */
  start(credentials: Credentials | undefined, from: string | undefined): void {
    const { log } = this.#parts
    this.#authentication.from = from
    this.#unauthenticated = this.#parts.unauthenticated.watch(this.#socket, from ?? '', () => {
      this.#close('tooMany', String(tooManyWaitMs))
      this.#webSocket.pause()
    })
    if (credentials !== undefined) this.#incoming.push({ credentials })
    this.#webSocket.on('message', (data, binary) => {
      if (this.#closedAt === undefined) this.#incoming.push({ data: bytesOf(data), binary })
    })
    this.#webSocket.on('pong', () => this.#heartbeat.answered())
    this.#webSocket.on('error', error => log.debug({ err: error, connectionId: this.#id }, 'a WebSocket failed'))
  }

  /** Looks at every deadline. `now` is of the monotonic clock, in milliseconds. */
  sweep(now: number): void {
    if (this.#closedAt !== undefined) {
      if (now - this.#closedAt > closeTimeoutMs) this.#webSocket.terminate()
      return
    }
    if (!this.writer.open) {
      this.release()
      return
    }
    const { limits } = this.#parts
    const unknown = this.#subscriptions === undefined
    if (unknown && now - this.#openedAt >= limits.authenticateSeconds * 1000)
      this.#close('silent', 'No valid token came in time.')
    else if (this.writer.stalledFor() >= limits.stallSeconds * 1000)
      this.#close('stalled', 'Nothing was taken for too long.')
    if (this.#closedAt !== undefined || this.#closeIfTokenEnded()) return
    for (const frame of this.#expiring()) this.#send(frame)
    this.#beat(now)
  }

  /** Takes leave, because the server goes down. */
  shutDown(waitMs: number): void {
    this.#close('goingDown', String(waitMs))
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  /** Gives back all that it holds. The socket is closing, or gone. */
  release(): void {
    this.#closedAt ??= performance.now()
    this.#pump.stop()
    this.#incoming.clear()
    const userId = this.#authentication.session?.actor.userId
    if (this.#subscriptions === undefined || userId === undefined) return
    this.#subscriptions.release()
    this.#subscriptions = undefined
    this.#parts.users.leave(userId)
  }

  /** Never rejects. */
  async #receive(incoming: Incoming): Promise<void> {
    await this.writer.whenRoom()
    if (this.#closedAt !== undefined || this.#closeIfTokenEnded()) return
    if ('credentials' in incoming) return this.#answer({ type: 'Authenticate', id: undefined, ...incoming.credentials })
    const { data, binary } = incoming
    if (binary) return this.#close('malformed', 'A frame is text.')
    const isLarge = data.length > frameBytes
    if (isLarge && !(await this.#admitsLarge())) return
    const frame = parseClientFrame(data.toString())
    if (isLarge && (!('type' in frame) || frame.type !== 'SubscribeInbox')) return this.#closeTooLarge()
    if ('fault' in frame && frame.fault === 'malformed') return this.#close('malformed', frame.message)
    const verdict = this.#frameRate.count(performance.now())
    if (verdict === 'allowed') return this.#answer(frame)
    const { waitMs } = this.#frameRate
    const message = `Too many frames on this connection. Retry in ${waitMs} ms.`
    const refusal = limitReached(this.#parts.meter, 'messengerFrames', message, { retryAfterMs: waitMs })
    this.#refuse(frame, refusal)
    if (verdict === 'exhausted') this.#close('tooMany', String(waitMs))
  }

  /** Waits until a large frame may be read, one in a turn of the event loop; false and closed where nobody is known yet. */
  async #admitsLarge(): Promise<boolean> {
    const { session } = this.#authentication
    if (this.#subscriptions === undefined || session === undefined) this.#closeTooLarge()
    else {
      await this.#parts.limiter?.pace('largeFrames', session.actor.userId, () => this.#closedAt !== undefined)
      await turn()
    }
    return this.#closedAt === undefined
  }

  #closeTooLarge(): void {
    this.#close('frameTooLarge', `A frame has ${frameBytes} bytes at most.`)
  }

  async #answer(frame: AnyFrame): Promise<void> {
    const span = this.#parts.tracer?.begin(`frame ${frame.type}`, ofSocket)
    try {
      await this.#pump.after(async () => {
        for (const answer of await this.#answersTo(frame)) this.#send(answer)
      })
      this.#parts.meter.request(frame.type, 'OK')
      span?.end('OK')
    } catch (error) {
      const code = await this.#refuseInTime(frame, error)
      span?.end(code)
    }
  }

  async #answersTo(frame: AnyFrame): Promise<readonly ControlFrame[]> {
    const subscriptions = this.#subscriptions
    if (subscriptions === undefined && frame.type !== 'Authenticate')
      throw unauthenticated('The first frame is Authenticate.')
    const userId = this.#authentication.session?.actor.userId
    if (userId !== undefined) this.#parts.limiter?.takeAll(chargesOf(frame), userId)
    if ('fault' in frame) throw new Refusal('BAD_USER_INPUT', frame.message, { field: frame.field })
    if (frame.type !== 'Authenticate') return subscriptions === undefined ? [] : handleFrame(frame, subscriptions)
    const session = await this.#authentication.authenticate(frame)
    if (this.#closedAt !== undefined) return []
    if (subscriptions === undefined) return this.#connect(session, frame.id)
    return frame.id === undefined ? this.#expiring() : [{ type: 'Ok', id: frame.id }, ...this.#expiring()]
  }

  /** As `#refuse`; a client that does not heed refusals is closed, and before it is connected kept waiting for that. */
  async #refuseInTime(frame: AnyFrame, error: unknown): Promise<string> {
    if (!(error instanceof LimitReached && error.ignored)) return this.#refuse(frame, error)
    const connected = this.#subscriptions !== undefined
    if (!connected && (await this.#parts.limiter?.hold()) === false) this.#webSocket.terminate()
    const code = this.#refuse(frame, error)
    this.#close('tooMany', String(error.details.retryAfterMs ?? tooManyWaitMs))
    return code
  }

  /** Answers the code that the client was told. */
  #refuse({ type, id }: { readonly type: string; readonly id: string | undefined }, error: unknown): string {
    const answer = errorFrame(id, error, this.#parts.log)
    const { code, message, details } = answer
    this.#parts.meter.request(type, code)
    this.#send(answer)
    if (this.#subscriptions !== undefined) return code
    const closeCode = errorTable[code].messengerClose
    if (closeCode === closeCodes.tooMany.messenger)
      this.#closeWith(closeCode, String(details.retryAfterMs ?? tooManyWaitMs))
    else if (closeCode !== 'stays-open') this.#closeWith(closeCode, message)
    return code
  }

  #connect({ actor, tokenExpiresAt }: Session, id: string | undefined): readonly ControlFrame[] {
    const { subscriptionService, meter, limits, users, clock } = this.#parts
    this.#parts.limiter?.take('connections', actor.userId)
    if (!users.enter(actor.userId)) throw tooManyConnections(meter, tooManyWaitMs)
    this.#unauthenticated?.[Symbol.dispose]()
    this.#subscriptions = new Subscriptions({
      subscriptionService,
      meter,
      viewer: actor,
      most: limits.maxSubscriptionsPerConnection,
      consumer: this.#pump,
    })
    this.#pump.attach(this.#subscriptions)
    const connected: ControlFrame = {
      type: 'Connected',
      ...(id === undefined ? {} : { id }),
      connectionId: this.#id,
      userId: actor.userId,
      epoch: subscriptionService.epoch,
      serverTime: formatInstant(clock.now()),
      tokenExpiresAt: formatInstant(tokenExpiresAt),
      heartbeatSeconds: limits.heartbeatSeconds,
    }
    return [connected, ...this.#expiring()]
  }

  #expiring(): readonly ControlFrame[] {
    const session = this.#authentication.takeExpiring()
    return session === undefined ? [] : [{ type: 'TokenExpiring', expiresAt: formatInstant(session.tokenExpiresAt) }]
  }

  #closeIfTokenEnded(): boolean {
    if (!this.#authentication.ended) return false
    this.#close('tokenEnded', 'The token has run out.')
    return true
  }

  #beat(now: number): void {
    // A ping would wait behind what the client has not taken, and its answer behind what is not read from the client.
    if (this.writer.owing || this.#incoming.paused) {
      this.#heartbeat.postpone(now)
      return
    }
    const beat = this.#heartbeat.beat(now)
    if (beat === 'missed') this.#close('heartbeatMissed', 'A ping was not answered in time.')
    else if (beat === 'ping') this.#webSocket.ping()
  }

  #send(frame: ControlFrame): void {
    this.writer.write(textFrame(encodeServerFrame(frame)))
  }

  #close(why: CloseReason, reason: string): void {
    this.#closeWith(closeCodes[why].messenger, reason)
  }

  #closeWith(code: number, reason: string): void {
    if (this.#closedAt !== undefined) return
    this.#parts.log.debug({ connectionId: this.#id, code, reason }, 'a connection is closed')
    this.#parts.meter.closed('websocket', code)
    this.release()
    this.#webSocket.close(code, reason)
  }
}

const ofSocket: SpanStart = { kind: 'server', attributes: { 'messenger.transport': 'websocket' } }

const chargesOf = ({ type }: AnyFrame): Charges =>
  type.startsWith('Subscribe') ? { requests: 1, subscriptions: 1 } : { requests: 1 }
