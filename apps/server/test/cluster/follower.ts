import { setTimeout as after } from 'node:timers/promises'
import WebSocket from 'ws'

export interface Followed {
  readonly type: string
  readonly sequence: number
  /** By `Date.now()`. */
  readonly receivedAt: number
}

export type FollowerProtocol = 'graphql-transport-ws' | 'messenger.v1'

export interface Following {
  readonly userId: string
  readonly token: string
  readonly conversationId: string
  readonly protocol: FollowerProtocol
  /** `ws://…` of any node. */
  readonly anyNode: () => string
}

const document = `subscription ($conversationId: ID!, $after: Int) {
  conversationEvents(conversationId: $conversationId, after: $after) {
    __typename
    ... on ConversationEvent { sequence }
    ... on MemberLeft { user { id } }
    ... on StreamPosition { position }
  }
}`

/** Why a subscription may be refused while members come and go and everything breaks. */
const expectedCodes = new Set(['NOT_FOUND', 'FORBIDDEN', 'UNAVAILABLE'])
const retryMs = 100

interface Event {
  readonly type: string
  readonly sequence: number
  /** Who left, where somebody did. */
  readonly left: string | undefined
}

/**
 * A device of a user that follows one conversation, over one node after the other, from the last sequence that it has. What
 * comes out of order, twice or with a gap is a violation.
 */
export class Follower {
  readonly following: Following
  readonly events: Followed[] = []
  readonly violations: string[] = []
  /** How often it had to connect. */
  connections = 0
  readonly #ended: Promise<void>
  #socket: WebSocket | undefined
  #stopped = false

  constructor(following: Following) {
    this.following = following
    this.#ended = this.#run()
  }

  get name(): string {
    const { userId, conversationId, protocol } = this.following
    return `${userId} in ${conversationId} over ${protocol}`
  }

  get last(): number {
    return this.events.at(-1)?.sequence ?? 0
  }

  cut(): void {
    this.#socket?.terminate()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.cut()
    await this.#ended
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.connections += 1
      await this.#connect()
      await after(retryMs)
    }
  }

  #connect(): Promise<void> {
    const { protocol, token, anyNode } = this.following
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
    const { conversationId } = this.following
    const send = (answer: object): void => socket.send(JSON.stringify(answer))
    switch (frame.type) {
      case 'connection_ack': {
        const payload = { query: document, variables: { conversationId, after: this.last } }
        send({ id: '1', type: 'subscribe', payload })
        break
      }
      case 'Connected':
        send({ type: 'Subscribe', conversationId, after: this.last })
        break
      case 'ping':
        send({ type: 'pong' })
        break
      case 'next':
        if (JSON.stringify(frame).includes('"errors":'))
          this.violations.push(`after ${this.last}: ${JSON.stringify(frame)}`)
        this.#receive(eventOfGraphQL(frame), socket)
        break
      case 'error':
      case 'Error':
        this.#refused(JSON.stringify(frame), socket)
        break
      case 'complete':
      case 'Unsubscribed':
        socket.close()
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

  #receive(event: Event | undefined, socket: WebSocket): void {
    if (event === undefined || this.#socket !== socket) return
    const { type, sequence, left } = event
    if (sequence === this.last + 1) this.events.push({ type, sequence, receivedAt: Date.now() })
    // Whoever has left gets that at once, before what they had still to be told.
    else if (left !== this.following.userId || sequence <= this.last)
      this.violations.push(`${type} ${sequence} came after ${this.last}`)
  }
}

const eventOfGraphQL = (frame: Readonly<Record<string, unknown>>): Event | undefined => {
  const { data } = frame.payload as {
    data?: { conversationEvents: { __typename: string; sequence?: number; user?: { id: string } } | null } | null
  }
  const event = data?.conversationEvents
  if (event?.sequence === undefined) return undefined
  return { type: event.__typename, sequence: event.sequence, left: event.user?.id }
}

const eventOfPlain = (frame: Readonly<Record<string, unknown>>): Event => ({
  type: String(frame.type),
  sequence: Number(frame.sequence),
  left: frame.type === 'MemberLeft' ? String(frame.userId) : undefined,
})
