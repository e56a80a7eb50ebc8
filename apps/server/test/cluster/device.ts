import { setTimeout as after } from 'node:timers/promises'
import WebSocket from 'ws'

export type DeviceProtocol = 'graphql-transport-ws' | 'messenger.v1'

export interface DeviceOptions {
  readonly userId: string
  readonly token: string
  readonly protocol: DeviceProtocol
  /** `ws://…` of any node. */
  readonly anyNode: () => string
}

export interface DeviceEvent {
  readonly type: string
  readonly conversationId: string
  readonly sequence: number
  /** Who left or joined, where someone did. */
  readonly member: string | undefined
}

/** An event that a device has taken up. */
export interface Followed {
  readonly type: string
  readonly sequence: number
  /** By `Date.now()`. */
  readonly receivedAt: number
}

/** How to go on from its position. */
export interface Going {
  readonly query: string
  readonly variables: object
  readonly frame: object
}

/** Why a subscription may be refused while members come and go and everything breaks. */
const expectedCodes = new Set(['NOT_FOUND', 'FORBIDDEN', 'UNAVAILABLE'])
const retryMs = 100

/** A device of a user that follows what it does over one node after the other, from its position. */
export abstract class Device {
  readonly violations: string[] = []
  readonly #options: DeviceOptions
  /** How often it had to connect. */
  connections = 0
  #ended: Promise<void> | undefined
  #socket: WebSocket | undefined
  #stopped = false

  constructor(options: DeviceOptions) {
    this.#options = options
  }

  get userId(): string {
    return this.#options.userId
  }

  get protocol(): DeviceProtocol {
    return this.#options.protocol
  }

  abstract get name(): string
  /** Events that it has. */
  abstract get count(): number
  /** Nothing follows after a conversation has come to its end. */
  protected abstract readonly endsWithConversation: boolean

  cut(): void {
    this.#socket?.terminate()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.cut()
    await this.#ended
  }

  protected abstract going(): Going
  protected abstract onEvent(event: DeviceEvent): void
  /** It received its position. */
  protected positioned(_position: string): void {
    // Who goes by the sequences of events needs no position.
  }

  protected begin(): void {
    this.#ended = this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.connections += 1
      await this.#connect()
      await after(retryMs)
    }
  }

  #connect(): Promise<void> {
    const { protocol, token, anyNode } = this.#options
    const path = protocol === 'messenger.v1' ? 'ws' : 'graphql'
    const socket = new WebSocket(`${anyNode()}/${path}`, protocol, { handshakeTimeout: 10_000 })
    this.#socket = socket
    const { promise, resolve } = Promise.withResolvers<void>()
    const send = (frame: object): void => socket.send(JSON.stringify(frame))
    socket.on('open', () => {
      if (protocol === 'messenger.v1') send({ type: 'Authenticate', token })
      else send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })
    })
    socket.on('message', data => this.#frame(JSON.parse(String(data)), socket))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined
      resolve()
    })
    return promise
  }

  #frame(frame: Readonly<Record<string, unknown>>, socket: WebSocket): void {
    const send = (answer: object): void => socket.send(JSON.stringify(answer))
    switch (frame.type) {
      case 'connection_ack': {
        const { query, variables } = this.going()
        send({ id: '1', type: 'subscribe', payload: { query, variables } })
        break
      }
      case 'Connected':
        send(this.going().frame)
        break
      case 'ping':
        send({ type: 'pong' })
        break
      case 'next':
        if (JSON.stringify(frame).includes('"errors":')) this.violations.push(`got: ${JSON.stringify(frame)}`)
        this.#receive(eventOfGraphQL(frame), socket)
        this.#position(positionOfGraphQL(frame), socket)
        break
      case 'error':
      case 'Error':
        this.#refused(JSON.stringify(frame), socket)
        break
      case 'complete':
        socket.close()
        break
      case 'Unsubscribed':
        if (this.endsWithConversation) socket.close()
        break
      case 'StreamPosition':
        this.#position(frame.position, socket)
        break
      default:
        if (frame.occurredAt !== undefined) this.#receive(eventOfPlain(frame), socket)
    }
  }

  #refused(frame: string, socket: WebSocket): void {
    const code = /"code":"(\w+)"/.exec(frame)?.[1] ?? ''
    if (!expectedCodes.has(code)) this.violations.push(`refused: ${frame}`)
    socket.close()
  }

  #position(position: unknown, socket: WebSocket): void {
    if (typeof position === 'string' && this.#socket === socket) this.positioned(position)
  }

  #receive(event: DeviceEvent | undefined, socket: WebSocket): void {
    if (event !== undefined && this.#socket === socket) this.onEvent(event)
  }
}

/** The fields by which a device identifies events, for any root field that it subscribes to. */
export const eventFields = `
  __typename
  ... on ConversationEvent { conversationId sequence }
  ... on MemberLeft { user { id } }
  ... on MemberJoined { membership { user { id } } }
  ... on StreamPosition { position }`

interface EventData {
  readonly __typename: string
  readonly conversationId?: string
  readonly sequence?: number
  readonly user?: { readonly id: string }
  readonly membership?: { readonly user: { readonly id: string } }
}

const positionOfGraphQL = (frame: Readonly<Record<string, unknown>>): unknown => {
  const { data } = frame.payload as { data?: Readonly<Record<string, { readonly position?: unknown } | null>> | null }
  return Object.values(data ?? {})[0]?.position
}

const eventOfGraphQL = (frame: Readonly<Record<string, unknown>>): DeviceEvent | undefined => {
  const { data } = frame.payload as { data?: Readonly<Record<string, EventData | null>> | null }
  const [event] = Object.values(data ?? {})
  if (event?.sequence === undefined) return undefined
  return {
    type: event.__typename,
    conversationId: event.conversationId ?? '',
    sequence: event.sequence,
    member: event.user?.id ?? event.membership?.user.id,
  }
}

const eventOfPlain = (frame: Readonly<Record<string, unknown>>): DeviceEvent => {
  const { membership } = frame as { membership?: { userId?: string } }
  return {
    type: String(frame.type),
    conversationId: String(frame.conversationId),
    sequence: Number(frame.sequence),
    member: typeof frame.userId === 'string' ? frame.userId : membership?.userId,
  }
}
