import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import { forbidden, formatInstant, Refusal, type UserId, unauthenticated } from '@cpc-messenger/messenger'
import { frameBytes } from '@cpc-messenger/protocol'
import type { WebSocket } from 'ws'
import type { Session } from '../../../services/identity/sign-in.ts'
import { LimitReached } from '../../../services/limits/limit-reached.ts'
import type { RateLimitName } from '../../../services/limits/limit-table.ts'
import { errorTable } from '../../errors/error-table.ts'
import { reportInternalError } from '../../errors/internal-error.ts'
import { bearerToken } from '../../http/bearer-token.ts'
import { CurrentSession } from '../../sockets/current-session.ts'
import { Heartbeat } from '../../sockets/heartbeat.ts'
import { highWaterBytes, SocketWriter } from '../../sockets/socket-writer.ts'
import type { UnauthenticatedBytes, WatchedBytes } from '../../sockets/unauthenticated-bytes.ts'
import { tooManyConnections, type UserConnections } from '../../sockets/user-connections.ts'
import type { Caller, ResumePoint } from '../operations/caller.ts'
import type { GraphQLDependencies } from '../operations/graphql-dependencies.ts'
import { contractEdition } from '../schema/server/server-info.ts'
import { graphqlCloseCodes, spreadWait } from './close-codes.ts'
import { parseConnectionInit } from './connection-init.ts'

/** What a position that came with `connection_init` takes in memory, about. */
const bytesOfPosition = 150

/** When to come back, in milliseconds, where a refusal says so. */
const waitOf = (error: unknown): string =>
  error instanceof Refusal && error.details.retryAfterMs !== undefined
    ? String(error.details.retryAfterMs)
    : spreadWait(reconnectMs)

/** RFC 6455: a close reason has at most 123 bytes. */
const maxReasonBytes = 123

/** How long a connection that was closed may take to go before it is cut. */
const closeTimeoutMs = 5000
const reconnectMs = 5000

/** What is known of a connection from its upgrade. */
export interface Arrival {
  readonly headers: IncomingHttpHeaders
  /** What failed sign-ins are counted under. */
  readonly from: string | undefined
  readonly unauthenticated: UnauthenticatedBytes
}

/** One WebSocket of one user: who it is, whether it lives, and why it is closed. */
export class GraphQLConnection implements Caller {
  readonly writer: SocketWriter
  readonly #id = randomUUID()
  readonly #ws: WebSocket
  /** The header that came with the upgrade, until it was used. */
  #authorization: string | undefined
  /** What failed sign-ins are counted under. */
  readonly #from: string | undefined
  readonly #parts: GraphQLDependencies
  readonly #users: UserConnections
  readonly #current: CurrentSession
  #onBehalfOf: string | undefined
  #resume: ResumePoint | undefined
  #counted: UserId | undefined
  #memory: Disposable | undefined
  readonly #unauthenticated: WatchedBytes
  readonly #heartbeat: Heartbeat
  #closedAt: number | undefined

  constructor(ws: WebSocket, socket: Socket, arrival: Arrival, parts: GraphQLDependencies, users: UserConnections) {
    const { headers, from } = arrival
    this.#ws = ws
    this.#unauthenticated = arrival.unauthenticated.watch(socket, from ?? '', () => {
      this.close(graphqlCloseCodes.tryLater, spreadWait(reconnectMs))
      ws.pause()
    })
    this.#authorization = headers.authorization
    this.#from = from
    this.#parts = parts
    this.#users = users
    this.#current = new CurrentSession(parts.clock)
    this.writer = new SocketWriter(ws, socket, highWaterBytes)
    this.#heartbeat = new Heartbeat(parts.limits.heartbeatSeconds, performance.now())
    ws.on('pong', () => this.heard())
  }

  get session(): Session | undefined {
    return this.#current.session
  }

  get resume(): ResumePoint | undefined {
    return this.#resume
  }

  /** The token behind it is valid. */
  get mayDeliver(): boolean {
    return this.#current.valid
  }

  /** It was told to go: nothing that comes from it counts any more. */
  get closing(): boolean {
    return this.#closedAt !== undefined
  }

  /** Something came from the client: it lives. */
  heard(): void {
    this.#heartbeat.answered()
  }

  /** A message came. Pings may go on before there is a token; a large message stays counted until there is one. */
  received(bytes: number): void {
    this.heard()
    if (bytes <= frameBytes) this.#unauthenticated.handled(bytes)
  }

  /** Answers the payload of connection_ack; undefined where the connection was closed instead. */
  async open(payload: Readonly<Record<string, unknown>>): Promise<Record<string, unknown> | undefined> {
    try {
      const { token, onBehalfOf, resume } = parseConnectionInit(payload, this.#authorization)
      this.#authorization = undefined
      const session = await this.#parts.signIn.byToken(token, onBehalfOf, this.#from)
      if (this.#ws.readyState !== this.#ws.OPEN) return undefined
      this.#parts.limiter?.take('connections', session.actor.userId)
      if (!this.#users.enter(session.actor.userId)) throw tooManyConnections(this.#parts.meter, reconnectMs)
      this.#counted = session.actor.userId
      const positions = bytesOfPosition * resume.positions.size
      this.#memory = this.#parts.memory?.hold(session.actor.userId, positions)
      this.#unauthenticated[Symbol.dispose]()
      this.#current.begin(session)
      this.#onBehalfOf = onBehalfOf
      this.#resume = resume
      return this.#acknowledgement(session)
    } catch (error) {
      await this.#refuse(error)
      return undefined
    }
  }

  /** Whether a valid token comes with a `connection_init` that is large; closes where none does. */
  async mayInitiateLarge(authorization: string | undefined): Promise<boolean> {
    try {
      const token = bearerToken(authorization ?? this.#authorization)
      if (token === undefined) throw unauthenticated('No token came with connection_init.')
      const { actor } = await this.#parts.signIn.byToken(token, undefined, this.#from)
      this.#parts.limiter?.take('largeFrames', actor.userId)
      return true
    } catch (error) {
      await this.#refuse(error)
      return false
    }
  }

  /** Resolves when a large frame may be read, which may take seconds; false and closed where nobody is known yet. */
  async paceLarge(): Promise<boolean> {
    const { session } = this
    if (session === undefined) this.close(graphqlCloseCodes.unauthenticated, 'Unauthorized')
    else await this.#parts.limiter?.pace('largeFrames', session.actor.userId, () => this.closing || !this.writer.open)
    return session !== undefined
  }

  /** Takes a token for something that the client sent; false where there is none, and closes where it does not heed that. */
  admits(limit: RateLimitName): boolean {
    const { session } = this
    try {
      if (session !== undefined) this.#parts.limiter?.take(limit, session.actor.userId)
      return true
    } catch (error) {
      this.closeIfIgnored(error)
      return false
    }
  }

  /** A client that goes on beyond its limits is closed, and told when to come back. */
  closeIfIgnored(error: unknown): void {
    if (error instanceof LimitReached && error.ignored) this.close(graphqlCloseCodes.tryLater, waitOf(error))
  }

  readonly renew = async (token: string): Promise<Session> => {
    const session = await this.#parts.signIn.byToken(token, this.#onBehalfOf, this.#from)
    if (session.actor.userId !== this.session?.actor.userId)
      throw forbidden('The fresh token is of another user: open another connection for them.')
    this.#current.begin(session)
    return session
  }

  sweep(): void {
    const now = performance.now()
    if (this.#closedAt !== undefined) {
      if (now - this.#closedAt > closeTimeoutMs) this.#ws.terminate()
    } else if (this.#current.ended) this.close(graphqlCloseCodes.tokenExpired, 'The token ran out.')
    else if (this.writer.stalledFor() >= this.#parts.limits.stallSeconds * 1000)
      this.close(graphqlCloseCodes.stalled, 'Nothing was taken for too long.')
    else this.#beat(now)
  }

  close(code: number, reason: string): void {
    if (this.#closedAt === undefined) this.#parts.meter.closed('graphql', code)
    this.#closedAt ??= performance.now()
    this.#ws.close(code, reason)
  }

  /** The server is going down: the client comes back after so many milliseconds. */
  leave(waitMs: number): void {
    this.close(graphqlCloseCodes.goingAway, String(waitMs))
  }

  cut(): void {
    this.#ws.terminate()
  }

  closed(): void {
    if (this.#counted !== undefined) this.#users.leave(this.#counted)
    this.#counted = undefined
    this.#memory?.[Symbol.dispose]()
  }

  #beat(now: number): void {
    // A ping would wait behind what the client has not taken, and its answer behind what is not read from the client.
    if (this.writer.owing || this.#ws.isPaused) {
      this.#heartbeat.postpone(now)
      return
    }
    const beat = this.#heartbeat.beat(now)
    if (beat === 'missed') this.close(graphqlCloseCodes.goingAway, spreadWait(reconnectMs))
    else if (beat === 'ping') this.#ws.ping()
  }

  #acknowledgement({ actor, tokenExpiresAt }: Session): Record<string, unknown> {
    const { store, clock, limits, version } = this.#parts
    return {
      connectionId: this.#id,
      userId: actor.userId,
      epoch: store.epoch,
      serverTime: formatInstant(clock.now()),
      tokenExpiresAt: formatInstant(tokenExpiresAt),
      heartbeatSeconds: limits.heartbeatSeconds,
      server: { version, contract: contractEdition },
    }
  }

  #reasonOf(error: unknown): string {
    if (error instanceof Refusal) return Buffer.byteLength(error.message) <= maxReasonBytes ? error.message : error.code
    const { code, errorId } = reportInternalError(error, this.#parts.log, 'a connection could not be opened')
    return `${code} ${errorId}`
  }

  async #refuse(error: unknown): Promise<void> {
    const code = error instanceof Refusal ? error.code : 'INTERNAL'
    this.#parts.meter.request('connection_init', code)
    const closeCode = errorTable[code].graphqlClose
    const reason = closeCode === graphqlCloseCodes.tryLater ? waitOf(error) : this.#reasonOf(error)
    const cutOff = error instanceof LimitReached && error.ignored && (await this.#parts.limiter?.hold()) === false
    if (cutOff) this.#ws.terminate()
    else this.close(closeCode, reason)
  }
}
