import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { type Clock, type ErrorCode, forbidden, type UserId } from '@cpc-messenger/messenger'
import { frameBytes } from '@cpc-messenger/protocol'
import type { RawData, WebSocket } from 'ws'
import type { Session, SignIn } from '../../services/identity/sign-in.ts'
import { LimitReached, limitReached } from '../../services/limits/limit-reached.ts'
import type { RateLimiter } from '../../services/limits/rate-limiter.ts'
import type { Presences } from '../../services/presence/presences.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import { type CloseReason, closeCodes } from '../errors/close-codes.ts'
import { errorTable } from '../errors/error-table.ts'
import { reportInternalError } from '../errors/internal-error.ts'
import type { CpuAccount } from '../scheduling/cpu-account.ts'
import { fairScheduler, keyOfAddress } from '../scheduling/fair-scheduler.ts'
import { closeText, spreadWaitMs } from './close-text.ts'
import type { Swept } from './connection-sweep.ts'
import { CurrentSession } from './current-session.ts'
import { bytesOf } from './frame-bytes.ts'
import { FrameQueue } from './frame-queue.ts'
import { FrameRateLimiter } from './frame-rate-limiter.ts'
import { Heartbeat } from './heartbeat.ts'
import type { SocketLimits } from './socket-limits.ts'
import type { ProtocolTraits, SocketSession } from './socket-protocol.ts'
import { SocketWriter } from './socket-writer.ts'
import type { PumpTarget } from './stream-pump.ts'
import type { UnauthenticatedBytes, WatchedBytes } from './unauthenticated-bytes.ts'
import { tooManyConnections, type UserConnections } from './user-connections.ts'

/** What the connections of one transport share. */
export interface SocketDependencies {
  readonly signIn: SignIn
  readonly clock: Clock
  readonly meter: Meter
  readonly log: Logger
  /** Without it only the frame rate of each connection is limited. */
  readonly limiter?: RateLimiter | undefined
  readonly limits: SocketLimits
  readonly users: UserConnections
  readonly presences: Presences
  readonly unauthenticated: UnauthenticatedBytes
}

interface UpgradedSocket {
  readonly webSocket: WebSocket
  readonly socket: Socket
  /** Failed sign-ins are counted under this address. */
  readonly from: string | undefined
}

export interface Credentials {
  readonly token: string
  readonly onBehalfOf: string | undefined
}

/** A refusal, or how it was reported to the client. */
interface RefusedSignIn {
  readonly code: ErrorCode
  readonly message: string
  readonly details: { readonly retryAfterMs?: number | undefined }
}

interface IncomingFrame {
  readonly data: Buffer
  readonly bytes: number
  readonly binary: boolean
}

/** How long a closed connection may take to finish before it is cut. */
const closeTimeoutMs = 5000

/**
 * One WebSocket of any protocol, from its upgrade until the socket is closed: its user, the order of its frames, its
 * deadlines, and its close codes.
 */
export class SocketConnection implements PumpTarget, Swept {
  readonly id = randomUUID()
  readonly sink: SocketWriter
  /** Failed sign-ins are counted under this address. */
  readonly from: string | undefined
  readonly #webSocket: WebSocket
  readonly #protocol: ProtocolTraits
  readonly #dependencies: SocketDependencies
  readonly #current: CurrentSession
  readonly #frames: FrameQueue<IncomingFrame>
  readonly #frameRate: FrameRateLimiter
  readonly #heartbeat: Heartbeat
  readonly #unauthenticated: WatchedBytes
  readonly #session: SocketSession
  readonly #openedAt = performance.now()
  /** The user of the connection, once a token was accepted. */
  #userId: UserId | undefined
  #closedAt: number | undefined
  #shuttingDown = false
  #released = false

  constructor(
    { webSocket, socket, from }: UpgradedSocket,
    protocol: ProtocolTraits,
    dependencies: SocketDependencies,
    openSession: (connection: SocketConnection) => SocketSession,
  ) {
    const { limits, clock, unauthenticated } = dependencies
    this.#webSocket = webSocket
    this.from = from
    this.#protocol = protocol
    this.#dependencies = dependencies
    this.#current = new CurrentSession(clock)
    this.sink = new SocketWriter(webSocket, socket, limits.bufferBytes)
    this.#frames = new FrameQueue(frame => this.#receive(frame), webSocket)
    this.#frameRate = new FrameRateLimiter(limits.frames, this.#openedAt)
    this.#heartbeat = new Heartbeat(limits.heartbeatSeconds, this.#openedAt)
    this.#unauthenticated = unauthenticated.watch(socket, from ?? '', () => {
      this.close('tooManyRequests', 'Too many bytes were sent before authentication.')
      webSocket.pause()
    })
    this.#session = openSession(this)
    this.sink.onRoom(() => this.#session.onRoom())
    webSocket.on('message', (data, binary) => this.#arrived(data, binary))
    webSocket.on('pong', () => this.#heartbeat.answered())
  }

  get session(): Session | undefined {
    return this.#current.session
  }

  /** The account that is charged for the CPU time of the frames: the user, or the address before authentication. */
  get account(): CpuAccount {
    return fairScheduler.of(this.#userId ?? keyOfAddress(this.from))
  }

  /** A token was accepted. */
  get connected(): boolean {
    return this.#userId !== undefined
  }

  /** The connection is closing or closed. Its frames are ignored. */
  get closing(): boolean {
    return this.#closedAt !== undefined || !this.sink.open
  }

  mayDeliver(): boolean {
    return this.#current.valid || !this.#closeIfExpired()
  }

  deliveryFailed(error: unknown): void {
    this.#closeInternal(error, 'events could not be delivered')
  }

  /**
   * The first token authenticates the connection for its user; later tokens of the same user renew the session. Returns
   * undefined if the connection was closed meanwhile. Rejects with a refusal; an existing session then stays valid.
   */
  async signIn({ token, onBehalfOf }: Credentials): Promise<Session | undefined> {
    const { signIn, limiter, users, meter, presences } = this.#dependencies
    const session = await signIn.byToken(token, onBehalfOf, this.from)
    if (this.closing) return undefined
    const { userId } = session.actor
    if (this.#userId === undefined) {
      limiter?.take('connections', userId)
      if (!users.enter(userId)) throw tooManyConnections(meter)
      this.#userId = userId
      presences.connected(userId, this.id)
      this.#unauthenticated[Symbol.dispose]()
    } else if (this.#userId !== userId) throw forbidden('This connection belongs to another user. Open a new one.')
    this.#current.begin(session)
    return session
  }

  /** Returns the session if its token expires within `seconds`; once for each token. */
  takeExpiring(seconds: number): Session | undefined {
    return this.#current.takeExpiring(seconds)
  }

  /** Call it before a sign-in is refused. Delays a client that ignores its limits, or disconnects it if too many are delayed. */
  async delayIfIgnored(error: unknown): Promise<void> {
    if (!(error instanceof LimitReached && error.ignored)) return
    if ((await this.#dependencies.limiter?.hold()) === false) this.terminate()
  }

  /** Closes the connection of a client that ignores its limits. */
  closeIfIgnored(error: unknown): void {
    if (error instanceof LimitReached && error.ignored)
      this.close('tooManyRequests', error.message, error.details.retryAfterMs)
  }

  /** Closes the connection with the code in `errorTable` for an error before authentication. Some errors leave it open. */
  closeRefused({ code, message, details }: RefusedSignIn): void {
    const { graphqlClose, messengerClose } = errorTable[code]
    const closeCode = this.#protocol.codes === 'graphql' ? graphqlClose : messengerClose
    if (closeCode !== 'stays-open') this.closeWithCode(closeCode, closeText(message, code), details.retryAfterMs)
  }

  /** Like `closeRefused`, for an error that is not a refusal. */
  closeFailed(error: unknown): void {
    this.#closeInternal(error, 'a connection could not be opened')
  }

  close(why: CloseReason, message: string, retryAfterMs?: number): void {
    this.closeWithCode(closeCodes[why][this.#protocol.codes], message, retryAfterMs)
  }

  /** The close reason is `message`, or the wait in milliseconds if the code tells the client to wait. */
  closeWithCode(code: number, message: string, retryAfterMs?: number): void {
    if (this.#closedAt !== undefined) return
    this.#closedAt = performance.now()
    const { shuttingDown, tooManyRequests } = closeCodes
    const { codes, transport } = this.#protocol
    const hasWait = code === shuttingDown[codes] || code === tooManyRequests[codes]
    const { meter, log } = this.#dependencies
    log.debug({ connectionId: this.id, code, reason: message }, 'a connection is closed')
    meter.closed(transport, code)
    this.release()
    this.#webSocket.close(code, hasWait ? String(retryAfterMs ?? spreadWaitMs()) : message)
  }

  sweep(now: number): void {
    if (this.#closedAt !== undefined) {
      if (now - this.#closedAt > closeTimeoutMs) this.#webSocket.terminate()
      return
    }
    if (!this.sink.open) {
      this.release()
      return
    }
    const { authenticateSeconds, stallSeconds } = this.#dependencies.limits
    if (this.#session.awaitsToken && now - this.#openedAt >= authenticateSeconds * 1000)
      this.close('initTimeout', 'No valid token was received in time.')
    else if (this.sink.stalledFor() >= stallSeconds * 1000)
      this.close('stalled', 'The client did not read for too long.')
    else if (!this.#closeIfExpired()) {
      this.#session.sweep?.()
      this.#beat(now)
    }
  }

  /** Stops reading, waits until operations in progress are answered or `patience` resolves, and closes the connection. */
  async shutDown(waitMs: number, patience: Promise<void>): Promise<void> {
    this.#shuttingDown = true
    this.#webSocket.pause()
    await Promise.race([this.#session.finish(), patience])
    this.close('shuttingDown', 'The server is shutting down.', waitMs)
    // The client's close frame must be read.
    this.#webSocket.resume()
  }

  terminate(): void {
    this.#webSocket.terminate()
  }

  /** Releases all resources. The socket is closing or closed. */
  release(): void {
    this.#closedAt ??= performance.now()
    if (this.#released) return
    this.#released = true
    this.#frames.clear()
    this.#session.release()
    if (this.#userId === undefined) return
    this.#dependencies.presences.disconnected(this.id)
    this.#dependencies.users.leave(this.#userId)
  }

  /** Received frames are no longer handled. */
  get #ignores(): boolean {
    return this.#shuttingDown || this.closing
  }

  #arrived(data: RawData, binary: boolean): void {
    this.#heartbeat.answered()
    if (this.#closedAt !== undefined) return
    const buffer = bytesOf(data)
    this.#frames.push({ data: buffer, bytes: buffer.length, binary })
  }

  /** Neither throws nor rejects. */
  #receive(frame: IncomingFrame): void | Promise<void> {
    const waiting = this.sink.whenRoom() ?? this.#session.whenReady()
    const mustWait = waiting !== undefined || frame.bytes > frameBytes || !fairScheduler.admits(this.account)
    if (mustWait) return this.#receiveLater(frame, waiting)
    return this.#take(frame)
  }

  async #receiveLater(frame: IncomingFrame, waiting: Promise<void> | undefined): Promise<void> {
    await waiting
    for (let more = this.#nextWait(); more !== undefined; more = this.#nextWait()) await more
    if (waiting === undefined || !fairScheduler.admits(this.account)) await fairScheduler.turn(this.account)
    if (frame.bytes > frameBytes && !(await this.#admitLarge(frame.data))) return
    await this.#take(frame)
  }

  #nextWait(): Promise<void> | undefined {
    return this.#ignores ? undefined : (this.sink.whenRoom() ?? this.#session.whenReady())
  }

  /** Waits until a large frame may be read: one in each turn of the event loop. Returns false if the connection was closed. */
  async #admitLarge(data: Buffer): Promise<boolean> {
    if (this.#ignores) return false
    if (this.#userId === undefined) {
      if (!(await this.#session.admitLarge(data.toString()))) return false
    } else await this.#dependencies.limiter?.pace('largeFrames', this.#userId, () => this.closing)
    await turn()
    return !this.closing
  }

  #take({ data, bytes, binary }: IncomingFrame): void | Promise<void> {
    if (this.#ignores || this.#closeIfExpired()) return
    // A large frame counts as unauthenticated until a token is accepted.
    if (bytes <= frameBytes) this.#unauthenticated.handled(bytes)
    if (binary) return this.close('malformed', 'Frames are text.')
    if (this.#exceedsRate(data)) return
    return this.#session.receive(data.toString(), bytes > frameBytes)
  }

  #exceedsRate(data: Buffer): boolean {
    const verdict = this.#frameRate.count(performance.now())
    if (verdict === 'allowed') return false
    const { waitMs } = this.#frameRate
    const message = `Too many frames on this connection. Retry in ${waitMs} ms.`
    const refusal = limitReached(this.#dependencies.meter, this.#protocol.frameLimit, message, { retryAfterMs: waitMs })
    this.#session.refuseFrame?.(data.toString(), refusal)
    if (verdict === 'exhausted' || this.#session.refuseFrame === undefined)
      this.close('tooManyRequests', message, waitMs)
    return true
  }

  #closeInternal(error: unknown, message: string): void {
    const { log } = this.#dependencies
    const { code, errorId } = reportInternalError(error, log, message, { connectionId: this.id })
    this.close('internalError', `${code} ${errorId}`)
  }

  #closeIfExpired(): boolean {
    if (!this.#current.expired) return false
    this.close('tokenEnded', 'The token has expired.')
    return true
  }

  #beat(now: number): void {
    // A ping would wait behind unsent data, and the pong behind unread data.
    if (this.sink.owing || this.#webSocket.isPaused) {
      this.#heartbeat.postpone(now)
      return
    }
    const beat = this.#heartbeat.beat(now)
    if (beat === 'missed') this.close('heartbeatMissed', 'A ping was not answered in time.')
    else if (beat === 'ping') this.#webSocket.ping()
  }
}
