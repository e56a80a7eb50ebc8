import type { IncomingHttpHeaders } from 'node:http'
import { assertNever, formatInstant, Refusal, unauthenticated } from '@cpc-messenger/messenger'
import { frameBytes } from '@cpc-messenger/protocol'
import type { Session } from '../../../services/identity/sign-in.ts'
import { bearerToken } from '../../http/bearer-token.ts'
import type { CpuAccount } from '../../scheduling/cpu-account.ts'
import type { SocketConnection } from '../../sockets/socket-connection.ts'
import type { SocketSession } from '../../sockets/socket-protocol.ts'
import { textFrame } from '../../sockets/text-frame.ts'
import type { GraphQLParams } from '../documents/graphql-params.ts'
import type { Caller, ResumePoint } from '../operations/caller.ts'
import { contractEdition } from '../schema/server/server-info.ts'
import { type ClientMessage, parseClientMessage } from './client-message.ts'
import { graphqlCloseCodes } from './close-codes.ts'
import { parseConnectionInit } from './connection-init.ts'
import { authorizationIn, mayBeLarge } from './large-frame.ts'
import { type SharedByOperations, SocketOperations } from './socket-operations.ts'

/** The most operations of one connection that are executed at once. This bounds the memory of their answers. */
const maxExecuting = 64

/** The estimated memory of one position that came with `connection_init`. */
const bytesPerPosition = 150

type Payload = Readonly<Record<string, unknown>>

/** One connection's side of `graphql-transport-ws`. */
export class GraphQLSession implements SocketSession, Caller {
  readonly #connection: SocketConnection
  readonly #shared: SharedByOperations
  readonly #operations: SocketOperations
  /** The header of the upgrade, until a token was accepted. */
  #authorization: string | undefined
  #onBehalfOf: string | undefined
  #resume: ResumePoint | undefined
  #memory: Disposable | undefined
  #initiated = false
  #acknowledged = false
  #ready: PromiseWithResolvers<void> | undefined
  #finished: PromiseWithResolvers<void> | undefined

  constructor(connection: SocketConnection, { authorization }: IncomingHttpHeaders, shared: SharedByOperations) {
    this.#connection = connection
    this.#shared = shared
    this.#authorization = authorization
    this.#operations = new SocketOperations(shared, connection, this, () => this.#operationBegan())
  }

  get awaitsToken(): boolean {
    return !this.#initiated
  }

  get session(): Session | undefined {
    return this.#connection.session
  }

  get connectionId(): string {
    return this.#connection.id
  }

  get account(): CpuAccount {
    return this.#connection.account
  }

  get resume(): ResumePoint | undefined {
    return this.#resume
  }

  whenReady(): Promise<void> | undefined {
    if (this.#operations.beginning < maxExecuting) return undefined
    this.#ready ??= Promise.withResolvers()
    return this.#ready.promise
  }

  receive(text: string, large: boolean): void {
    const message = parseClientMessage(text)
    if (message === undefined) this.#connection.close('malformed', 'Invalid message received')
    else if (!large || mayBeLarge(message)) this.#handle(message)
    else this.#connection.close('frameTooLarge', `This frame may have at most ${frameBytes} bytes.`)
  }

  /** Admits only a `connection_init` with a valid token. */
  async admitLarge(text: string): Promise<boolean> {
    if (this.#initiated) {
      this.#closeUnauthorized()
      return false
    }
    const { signIn, limiter } = this.#shared.dependencies
    try {
      const token = bearerToken(authorizationIn(text) ?? this.#authorization)
      if (token === undefined) throw noToken()
      const { actor } = await signIn.byToken(token, undefined, this.#connection.from)
      limiter?.take('largeFrames', actor.userId)
      return true
    } catch (error) {
      await this.#refuse(error)
      return false
    }
  }

  onRoom(): void {
    this.#operations.pump.resume()
  }

  finish(): Promise<void> {
    this.#finished ??= Promise.withResolvers()
    this.#operationBegan()
    return this.#finished.promise
  }

  release(): void {
    this.#operations.endAll()
    this.#shared.dependencies.typing.disconnected(this.#connection.id)
    this.#memory?.[Symbol.dispose]()
  }

  readonly renew = async (token: string): Promise<Session> => {
    const session = await this.#connection.signIn({ token, onBehalfOf: this.#onBehalfOf })
    if (session === undefined) throw unauthenticated('The connection was closed.')
    return session
  }

  #operationBegan(): void {
    const { beginning } = this.#operations
    if (beginning === 0) this.#finished?.resolve()
    if (beginning >= maxExecuting) return
    this.#ready?.resolve()
    this.#ready = undefined
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        void this.#initiate(message.payload ?? {})
        break
      case 'ping':
        if (this.#admitsRequest()) this.#send('pong', message.payload)
        break
      case 'pong':
        break
      case 'subscribe':
        this.#subscribe(message.id, message.payload)
        break
      case 'complete':
        this.#operations.end(message.id)
        break
      default:
        assertNever(message)
    }
  }

  #subscribe(id: string, payload: GraphQLParams): void {
    if (!this.#acknowledged) this.#closeUnauthorized()
    else if (this.#operations.has(id))
      this.#connection.closeWithCode(graphqlCloseCodes.idInUse, 'An operation with this id already exists')
    else void this.#operations.begin(id, payload)
  }

  /** Never rejects. */
  async #initiate(payload: Payload): Promise<void> {
    if (this.#initiated) {
      this.#connection.closeWithCode(graphqlCloseCodes.initiatedTwice, 'Too many initialisation requests')
      return
    }
    this.#initiated = true
    try {
      const { token, onBehalfOf, resume } = parseConnectionInit(payload, this.#authorization)
      this.#authorization = undefined
      const session = await this.#connection.signIn({ token, onBehalfOf })
      if (session === undefined) return
      const { memory } = this.#shared.dependencies
      this.#memory = memory?.hold(session.actor.userId, bytesPerPosition * resume.positions.size)
      this.#onBehalfOf = onBehalfOf
      this.#resume = resume
      this.#acknowledged = true
      this.#send('connection_ack', this.#acknowledgement(session))
    } catch (error) {
      await this.#refuse(error)
    }
  }

  #acknowledgement({ actor, tokenExpiresAt }: Session): Payload {
    const { store, clock, limits, version } = this.#shared.dependencies
    return {
      connectionId: this.#connection.id,
      userId: actor.userId,
      epoch: store.epoch,
      serverTime: formatInstant(clock.now()),
      tokenExpiresAt: formatInstant(tokenExpiresAt),
      heartbeatSeconds: limits.heartbeatSeconds,
      server: { version, contract: contractEdition },
    }
  }

  /** Returns false if the client exceeds its rate. Closes the connection if the client ignores the limits. */
  #admitsRequest(): boolean {
    try {
      if (this.session !== undefined) this.#shared.dependencies.limiter?.take('requests', this.session.actor.userId)
      return true
    } catch (error) {
      this.#connection.closeIfIgnored(error)
      return false
    }
  }

  async #refuse(error: unknown): Promise<void> {
    const code = error instanceof Refusal ? error.code : 'INTERNAL'
    this.#shared.dependencies.meter.request('connection_init', code)
    await this.#connection.delayIfIgnored(error)
    if (error instanceof Refusal) this.#connection.closeRefused(error)
    else this.#connection.closeFailed(error)
  }

  #closeUnauthorized(): void {
    this.#connection.close('unauthenticated', 'Unauthorized')
  }

  #send(type: 'connection_ack' | 'pong', payload: Payload | undefined): void {
    this.#connection.sink.write(textFrame(JSON.stringify({ type, payload })))
  }
}

const noToken = (): Refusal => unauthenticated('No token came with connection_init.')
