import { setImmediate as turn } from 'node:timers/promises'
import { assertNever } from '@cpc-messenger/messenger'
import { frameBytes } from '@cpc-messenger/protocol'
import { textFrame } from '../../sockets/text-frame.ts'
import type { GraphQLParams } from '../documents/graphql-params.ts'
import { type ClientMessage, parseClientMessage } from './client-message.ts'
import { graphqlCloseCodes } from './close-codes.ts'
import type { GraphQLConnection } from './graphql-connection.ts'
import { authorizationIn, mayBeLarge } from './large-frame.ts'
import { type OperationParts, SocketOperations } from './socket-operations.ts'

const initWaitMs = 10_000
/** Operations of one connection that are worked out at once: what their answers may hold in memory has this bound. */
const atOnce = 64

type Payload = Readonly<Record<string, unknown>>

/** One connection's side of `graphql-transport-ws`. */
export class ProtocolSession implements Disposable {
  readonly #connection: GraphQLConnection
  readonly #operations: SocketOperations
  readonly #initWait: NodeJS.Timeout
  readonly #onRelief: () => void
  #answered: PromiseWithResolvers<void> | undefined
  #initiated = false
  #acknowledged = false
  /** Frames that came while a large one is being read. */
  #waiting: Buffer[] | undefined

  /** `onRelief` is called when it may have ceased to be `overloaded`. */
  constructor(common: OperationParts, connection: GraphQLConnection, onRelief: () => void) {
    this.#connection = connection
    this.#onRelief = onRelief
    this.#operations = new SocketOperations(common, connection, () => this.#relieve())
    connection.writer.onRoom(onRelief)
    this.#initWait = setTimeout(
      () => connection.close(graphqlCloseCodes.noInit, 'Connection initialisation timeout'),
      initWaitMs,
    )
  }

  /** Nothing more is to be received for now: the client does not take its answers, or asks faster than they are made. */
  get overloaded(): boolean {
    return (
      this.#answered !== undefined ||
      this.#waiting !== undefined ||
      this.#connection.writer.full ||
      this.#operations.beginning >= atOnce
    )
  }

  /** Receives nothing more; resolves when what was received is answered. */
  finish(): Promise<void> {
    this.#answered ??= Promise.withResolvers()
    this.#relieve()
    return this.#answered.promise
  }

  receive(frame: Buffer): void {
    if (this.#waiting !== undefined) this.#waiting.push(frame)
    else if (frame.length > frameBytes) void this.#receiveLarge(frame)
    else this.#receive(frame.toString(), () => true)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#initWait)
    this.#operations.endAll()
  }

  #receive(text: string, allowed: (message: ClientMessage) => boolean): void {
    const message = parseClientMessage(text)
    if (message === undefined) this.#connection.close(graphqlCloseCodes.malformed, 'Invalid message received')
    else if (allowed(message)) this.#handle(message)
    else
      this.#connection.close(graphqlCloseCodes.frameTooLarge, `A frame of this kind has ${frameBytes} bytes at most.`)
  }

  /** One in a turn of the event loop, and only of users who are known and have not sent many. Never rejects. */
  async #receiveLarge(frame: Buffer): Promise<void> {
    const waiting: Buffer[] = []
    this.#waiting = waiting
    const text = frame.toString()
    const admitted = this.#initiated
      ? await this.#connection.paceLarge()
      : await this.#connection.mayInitiateLarge(authorizationIn(text))
    await turn()
    if (admitted && !this.#connection.closing) this.#receive(text, mayBeLarge)
    this.#waiting = undefined
    for (const next of waiting) if (!this.#connection.closing) this.receive(next)
    this.#relieve()
  }

  #relieve(): void {
    if (this.#operations.beginning === 0 && this.#waiting === undefined) this.#answered?.resolve()
    this.#onRelief()
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        void this.#initiate(message.payload ?? {})
        break
      case 'ping':
        if (this.#connection.admits('requests')) this.#send('pong', message.payload)
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
    if (!this.#acknowledged) this.#connection.close(graphqlCloseCodes.unauthenticated, 'Unauthorized')
    else if (this.#operations.has(id))
      this.#connection.close(graphqlCloseCodes.idInUse, 'An operation of this id is under way')
    else void this.#operations.begin(id, payload)
  }

  async #initiate(payload: Payload): Promise<void> {
    if (this.#initiated)
      return this.#connection.close(graphqlCloseCodes.initiatedTwice, 'Too many initialisation requests')
    this.#initiated = true
    clearTimeout(this.#initWait)
    const acknowledgement = await this.#connection.open(payload)
    if (acknowledgement === undefined) return
    this.#acknowledged = true
    this.#send('connection_ack', acknowledgement)
  }

  #send(type: 'connection_ack' | 'pong', payload: Payload | undefined): void {
    this.#connection.writer.write(textFrame(JSON.stringify({ type, payload })))
  }
}
