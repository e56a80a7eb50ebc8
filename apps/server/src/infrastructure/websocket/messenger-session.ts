import type { IncomingHttpHeaders } from 'node:http'
import { type Clock, formatInstant, Refusal, unauthenticated } from '@cpc-messenger/messenger'
import {
  type ClientFrame,
  type ControlFrame,
  encodeServerFrame,
  frameBytes,
  parseClientFrame,
  type RefusedFrame,
  tokenExpiringSeconds,
} from '@cpc-messenger/protocol'
import type { SignalService } from '../../delivery/signals/signal-service.ts'
import type { SubscriptionService } from '../../delivery/streams/subscription-service.ts'
import type { Committer } from '../../services/commit/committer.ts'
import type { Session } from '../../services/identity/sign-in.ts'
import type { LimitReached } from '../../services/limits/limit-reached.ts'
import type { Charges } from '../../services/limits/limit-table.ts'
import type { RateLimiter } from '../../services/limits/rate-limiter.ts'
import type { Presences } from '../../services/presence/presences.ts'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Meter } from '../../services/telemetry/meter.ts'
import type { SpanStart, Tracer } from '../../services/telemetry/tracer.ts'
import type { Typing } from '../../services/typing/typing.ts'
import { findBearerToken } from '../http/bearer-token.ts'
import type { Credentials, SocketConnection } from '../sockets/socket-connection.ts'
import type { SocketLimits } from '../sockets/socket-limits.ts'
import type { SocketSession } from '../sockets/socket-protocol.ts'
import { type PumpGroup, StreamPump } from '../sockets/stream-pump.ts'
import { textFrame } from '../sockets/text-frame.ts'
import type { EncodedEvents } from './encoded-events.ts'
import { errorFrame } from './error-frame.ts'
import { type ConnectionSubscriptions, handleFrame } from './handle-frame.ts'
import { MarkerFrames, type MarkerFramesDependencies } from './marker-frames.ts'
import { PresenceFrames } from './presence-frames.ts'
import type { EncodedSignals } from './signal-frame.ts'
import { SignalSubscriptions } from './signal-subscriptions.ts'
import { SubscriptionCount } from './subscription-count.ts'
import { Subscriptions } from './subscriptions.ts'

export interface MessengerDependencies extends MarkerFramesDependencies {
  readonly signalService: SignalService
  readonly typing: Typing
  readonly committer: Committer
  readonly presences: Presences
  readonly subscriptionService: SubscriptionService
  readonly meter: Meter
  readonly log: Logger
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
  readonly limiter?: RateLimiter | undefined
  readonly limits: Pick<SocketLimits, 'heartbeatSeconds' | 'maxSubscriptionsPerConnection'>
}

/** What the sessions of all connections share. */
interface MessengerSessionDependencies extends MessengerDependencies {
  readonly encoded: EncodedEvents
  readonly encodedSignals: EncodedSignals
  readonly group: PumpGroup
}

type AnyFrame = ClientFrame | RefusedFrame

/** One connection of `messenger.v1`: its frames and subscriptions. */
export class MessengerSession implements SocketSession {
  readonly #connection: SocketConnection
  readonly #dependencies: MessengerSessionDependencies
  readonly #pump: StreamPump
  /** The frame that is being handled; undefined for the credentials of the upgrade, which precede all frames. */
  #handling: Promise<void> | undefined
  /** Undefined until a token is accepted. */
  #subscriptions: ConnectionSubscriptions | undefined

  constructor(connection: SocketConnection, headers: IncomingHttpHeaders, dependencies: MessengerSessionDependencies) {
    this.#connection = connection
    this.#dependencies = dependencies
    this.#pump = new StreamPump(dependencies.group, connection)
    const credentials = credentialsOf(headers)
    if (credentials !== undefined) this.#handle({ type: 'Authenticate', id: undefined, ...credentials })
  }

  get awaitsToken(): boolean {
    return this.#subscriptions === undefined
  }

  whenReady(): Promise<void> | undefined {
    return this.#handling
  }

  receive(text: string, large: boolean): void | Promise<void> {
    const frame = parseClientFrame(text)
    if (large && (!('type' in frame) || frame.type !== 'SubscribeInbox')) return this.#closeTooLarge()
    if ('fault' in frame && frame.fault === 'malformed') return this.#connection.close('malformed', frame.message)
    return this.#handle(frame)
  }

  refuseFrame(text: string, refusal: LimitReached): void {
    const frame = parseClientFrame(text)
    if ('fault' in frame && frame.fault === 'malformed') this.#connection.close('malformed', frame.message)
    else this.#refuse(frame, refusal)
  }

  admitLarge(): boolean {
    this.#closeTooLarge()
    return false
  }

  onRoom(): void {
    this.#pump.resume()
  }

  sweep(): void {
    for (const frame of this.#expiring()) this.#send(frame)
  }

  async finish(): Promise<void> {
    await this.#handling
  }

  release(): void {
    this.#pump.stop()
    this.#subscriptions?.events.release()
    this.#subscriptions?.signals.release()
    this.#subscriptions = undefined
  }

  #closeTooLarge(): void {
    this.#connection.close('frameTooLarge', `A frame may have at most ${frameBytes} bytes.`)
  }

  #handle(frame: AnyFrame): Promise<void> {
    const handling = this.#answer(frame).finally(() => {
      this.#handling = undefined
    })
    this.#handling = handling
    return handling
  }

  /** Never rejects. */
  async #answer(frame: AnyFrame): Promise<void> {
    const { tracer, meter } = this.#dependencies
    const span = tracer?.begin(`frame ${frame.type}`, ofSocket)
    try {
      await this.#pump.after(async () => {
        for (const answer of await this.#answersTo(frame)) this.#send(answer)
      })
      meter.request(frame.type, 'OK')
      span?.end('OK')
    } catch (error) {
      if (!this.#connection.connected) await this.#connection.delayIfIgnored(error)
      const code = this.#refuse(frame, error)
      span?.end(code)
      this.#connection.closeIfIgnored(error)
    }
  }

  async #answersTo(frame: AnyFrame): Promise<readonly ControlFrame[]> {
    const subscriptions = this.#subscriptions
    if (subscriptions === undefined && frame.type !== 'Authenticate')
      throw unauthenticated('The first frame must be Authenticate.')
    const userId = this.#connection.session?.actor.userId
    if (userId !== undefined) this.#dependencies.limiter?.takeAll(chargesOf(frame), userId)
    if ('fault' in frame) throw new Refusal('BAD_USER_INPUT', frame.message, { field: frame.field })
    if (frame.type !== 'Authenticate') return subscriptions === undefined ? [] : handleFrame(frame, subscriptions)
    const session = await this.#connection.signIn(frame)
    if (session === undefined) return []
    if (subscriptions === undefined) return this.#connect(session, frame.id)
    return frame.id === undefined ? this.#expiring() : [{ type: 'Ok', id: frame.id }, ...this.#expiring()]
  }

  /** Returns the code that was sent. */
  #refuse({ type, id }: { readonly type: string; readonly id: string | undefined }, error: unknown): string {
    const answer = errorFrame(id, error, this.#dependencies.log)
    this.#dependencies.meter.request(type, answer.code)
    this.#send(answer)
    if (this.#subscriptions === undefined) this.#connection.closeRefused(answer)
    return answer.code
  }

  #connect({ actor, tokenExpiresAt }: Session, id: string | undefined): readonly ControlFrame[] {
    const { subscriptionService, meter, limits, clock } = this.#dependencies
    const shared = {
      ...this.#dependencies,
      viewer: actor,
      pump: this.#pump,
      count: new SubscriptionCount(limits.maxSubscriptionsPerConnection, meter),
      connectionId: this.#connection.id,
    }
    this.#subscriptions = {
      events: new Subscriptions(shared),
      signals: new SignalSubscriptions(shared),
      presence: new PresenceFrames(shared),
      markers: new MarkerFrames(this.#dependencies, actor),
    }
    const connected: ControlFrame = {
      type: 'Connected',
      ...(id === undefined ? {} : { id }),
      connectionId: this.#connection.id,
      userId: actor.userId,
      epoch: subscriptionService.epoch,
      serverTime: formatInstant(clock.now()),
      tokenExpiresAt: formatInstant(tokenExpiresAt),
      heartbeatSeconds: limits.heartbeatSeconds,
    }
    return [connected, ...this.#expiring()]
  }

  #expiring(): readonly ControlFrame[] {
    const session = this.#connection.takeExpiring(tokenExpiringSeconds)
    return session === undefined ? [] : [{ type: 'TokenExpiring', expiresAt: formatInstant(session.tokenExpiresAt) }]
  }

  #send(frame: ControlFrame): void {
    this.#connection.sink.write(textFrame(encodeServerFrame(frame)))
  }
}

const ofSocket: SpanStart = { kind: 'server', attributes: { 'messenger.transport': 'websocket' } }

const chargesOf = ({ type }: AnyFrame): Charges => {
  if (type === 'SetTyping' || type === 'MarkRead' || type === 'MarkDelivered') return { requests: 1, commands: 1 }
  return type.startsWith('Subscribe') ? { requests: 1, subscriptions: 1 } : { requests: 1 }
}

const credentialsOf = ({ authorization, ...headers }: IncomingHttpHeaders): Credentials | undefined => {
  const token = findBearerToken(authorization)
  const onBehalfOf = headers['messenger-on-behalf-of']
  if (token === undefined) return undefined
  return { token, onBehalfOf: typeof onBehalfOf === 'string' ? onBehalfOf : undefined }
}
