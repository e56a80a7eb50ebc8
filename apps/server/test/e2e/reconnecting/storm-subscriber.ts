import { setTimeout as after } from 'node:timers/promises'
import WebSocket from 'ws'
import type { Address } from '../../support/address.ts'

export type StormProtocol = 'graphql-transport-ws' | 'messenger.v1'

const document = `subscription Storm($conversationId: ID!, $after: Int) {
  conversationEvents(conversationId: $conversationId, after: $after) {
    ... on StreamPosition { sequence live }
    ... on MemberJoined { sequence }
    ... on MessageCreated {
      sequence message { id content { text } author { id displayName } reactions { emoji count users { id displayName } } }
    }
    ... on ReactionAdded {
      sequence message { id content { text } author { id displayName } reactions { emoji count users { id displayName } } }
    }
  }
}`

const retryMs = 250

/** A subscriber that reconnects with its last sequence whenever it is closed, and checks that none is missing or twice. */
export class StormSubscriber {
  readonly #server: Address
  readonly #protocol: StormProtocol
  readonly #token: string
  readonly #conversationId: string
  #socket: WebSocket | undefined
  #failure: string | undefined
  #live = false
  last: number

  constructor(
    server: Address,
    protocol: StormProtocol,
    { token, conversationId, last }: { token: string; conversationId: string; last: number },
  ) {
    this.#server = server
    this.#protocol = protocol
    this.#token = token
    this.#conversationId = conversationId
    this.last = last
  }

  /** What came that should not have come, or did not come that should have. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** All up to the head has come since it was last opened. */
  get live(): boolean {
    return this.#live
  }

  /** Connects, again and again until the connection is open, and subscribes from the last sequence on. */
  async open(): Promise<void> {
    while (!(await this.#connect())) await after(retryMs)
  }

  cut(): void {
    this.#live = false
    this.#socket?.removeAllListeners()
    this.#socket?.on('error', () => undefined)
    this.#socket?.terminate()
  }

  #connect(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const path = this.#protocol === 'messenger.v1' ? 'ws' : 'graphql'
    const authorization = `Bearer ${this.#token}`
    const socket = new WebSocket(`${this.#server.webSocketUrl}/${path}`, this.#protocol, {
      headers: { authorization },
      perMessageDeflate: false,
    })
    this.#socket = socket
    socket.on('error', () => resolve(false))
    socket.on('open', () => {
      socket.on('close', (code, reason) => {
        this.#failure ??= `closed with ${code} ${reason}`
      })
      if (this.#protocol === 'graphql-transport-ws') this.#send({ type: 'connection_init', payload: { authorization } })
      resolve(true)
    })
    socket.on('message', data => this.#receive(String(data)))
    return promise
  }

  #send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame))
  }

  #subscribe(): void {
    const variables = { conversationId: this.#conversationId, after: this.last }
    if (this.#protocol === 'messenger.v1') this.#send({ type: 'Subscribe', ...variables })
    else this.#send({ id: '1', type: 'subscribe', payload: { query: document, variables } })
  }

  #receive(text: string): void {
    if (/"type":"(?:connection_ack|Connected)"/.test(text)) this.#subscribe()
    else if (/"type":"(?:error|Error|complete|Unsubscribed)"|"errors":/.test(text)) this.#failure ??= text
    else if (text.includes('"live":')) this.#live ||= text.includes('"live":true')
    else if (/"(?:occurredAt|message)":/.test(text)) this.#event(text)
  }

  #event(text: string): void {
    const sequence = Number(/"sequence":(\d+)/.exec(text)?.[1])
    if (sequence !== this.last + 1) this.#failure ??= `${sequence} came after ${this.last}: ${text}`
    this.last = sequence
  }
}
