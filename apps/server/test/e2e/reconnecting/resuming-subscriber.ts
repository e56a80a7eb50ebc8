import { setTimeout as after } from 'node:timers/promises'
import WebSocket from 'ws'
import type { Address } from '../../support/address.ts'

export interface Received {
  readonly type: string
  readonly sequence: number
}

/** One stream of events until it ends; `signal` cuts it. */
export type OpenStream = (
  server: Address,
  from: { readonly token: string; readonly conversationId: string; readonly after: number },
  receive: (event: Received) => void,
  signal: AbortSignal,
) => Promise<void>

const document = `subscription Events($conversationId: ID!, $after: Int) {
  conversationEvents(conversationId: $conversationId, after: $after) {
    __typename
    ... on ConversationEvent { sequence }
    ... on StreamPosition { position }
  }
}`

interface EventData {
  readonly conversationEvents: { readonly __typename: string; readonly sequence?: number } | null
}

const receiveData = (data: EventData | null | undefined, receive: (event: Received) => void): void => {
  const event = data?.conversationEvents
  if (event?.sequence !== undefined) receive({ type: event.__typename, sequence: event.sequence })
}

/** Resolves when the socket has closed, for any reason. */
export const socketStream = (socket: WebSocket, signal: AbortSignal, frame: (text: string) => void): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => socket.terminate())
  socket.on('message', data => frame(String(data)))
  // A refused connection is reported by 'error' and then by 'close'.
  socket.on('error', () => socket.terminate())
  socket.on('close', () => resolve())
  return promise
}

export const overGraphQLWebSocket: OpenStream = (
  server,
  { token, conversationId, after: position },
  receive,
  signal,
) => {
  const socket = new WebSocket(`${server.webSocketUrl}/graphql`, 'graphql-transport-ws')
  const send = (frame: object) => socket.send(JSON.stringify(frame))
  socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
  return socketStream(socket, signal, text => {
    const frame = JSON.parse(text) as { type: string; payload?: { data?: EventData } }
    if (frame.type === 'connection_ack')
      send({
        id: '1',
        type: 'subscribe',
        payload: { query: document, variables: { conversationId, after: position } },
      })
    if (frame.type === 'next') receiveData(frame.payload?.data, receive)
    if (frame.type === 'error') throw new Error(text)
  })
}

export const overPlainWebSocket: OpenStream = (server, { token, conversationId, after: position }, receive, signal) => {
  const socket = new WebSocket(`${server.webSocketUrl}/ws`, 'messenger.v1', {
    headers: { authorization: `Bearer ${token}` },
  })
  return socketStream(socket, signal, text => {
    const frame = JSON.parse(text) as { type: string; sequence?: number; occurredAt?: string }
    if (frame.type === 'Connected') socket.send(JSON.stringify({ type: 'Subscribe', conversationId, after: position }))
    if (frame.type === 'Error') throw new Error(text)
    if (frame.occurredAt !== undefined && frame.sequence !== undefined)
      receive({ type: frame.type, sequence: frame.sequence })
  })
}

export interface ServerSentEvent {
  readonly event: string | undefined
  readonly data: string
  readonly id: string | undefined
}

/** Reconnects with `after`, or with the id of the last event that it got, as a browser's EventSource does. */
export const overServerSentEvents = (resumeBy: 'after' | 'Last-Event-ID'): OpenStream => {
  let lastEventId: string | undefined
  return async (server, { token, conversationId, after: position }, receive, signal) => {
    const resuming = resumeBy === 'Last-Event-ID' && lastEventId !== undefined
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
        ...(resuming ? { 'last-event-id': lastEventId ?? '' } : {}),
      },
      body: JSON.stringify({ query: document, variables: { conversationId, after: resuming ? 0 : position } }),
    })
    if (response.status >= 400 && response.status !== 503) throw new TypeError(`${response.status}`)
    for await (const { event, data, id } of serverSentEvents(response)) {
      if (event === 'next') {
        const result = JSON.parse(data) as { data?: EventData; errors?: unknown }
        if (result.errors !== undefined) throw new Error(JSON.stringify(result.errors))
        receiveData(result.data, receive)
      }
      lastEventId = id ?? lastEventId
    }
  }
}

export async function* serverSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  let pending = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    pending += chunk
    const blocks = pending.split('\n\n')
    pending = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n').map(line => [line.split(':', 1)[0] ?? '', line.replace(/^[^:]*: ?/, '')] as const)
      const fields = new Map(lines)
      yield { event: fields.get('event'), data: fields.get('data') ?? '', id: fields.get('id') }
    }
  }
}

/** One stream until it ends, from its position after what it has received. */
export type Connect<Event> = (
  received: readonly Event[],
  receive: (event: Event) => void,
  signal: AbortSignal,
) => Promise<void>

/** A subscriber that is cut again and again, and always reconnects from its position. */
export class ResumingSubscriber<Event> {
  readonly received: Event[] = []
  readonly name: string
  readonly #cutter = { current: new AbortController() }
  readonly #ended: Promise<void>
  #stopped = false
  cuts = 0

  constructor(name: string, connect: Connect<Event>) {
    this.name = name
    this.#ended = this.#run(connect)
  }

  cut(): void {
    this.cuts += 1
    this.#cutter.current.abort()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cutter.current.abort()
    await this.#ended
  }

  async #run(connect: Connect<Event>): Promise<void> {
    while (!this.#stopped) {
      const cutter = new AbortController()
      this.#cutter.current = cutter
      let current = true
      const receive = (event: Event): void => {
        if (current) this.received.push(event)
      }
      try {
        await connect(this.received, receive, cutter.signal)
      } catch (error) {
        // Cut by us, or the server is away: both are what this subscriber is for.
        if (!(error instanceof TypeError) && !cutter.signal.aborted) throw error
      }
      current = false
      await after(10)
    }
  }
}

/** Follows a conversation from the last sequence that it got. */
export const ofConversation =
  (server: Address, open: OpenStream, where: { readonly token: string; readonly conversationId: string }) =>
  (received: readonly Received[], receive: (event: Received) => void, signal: AbortSignal): Promise<void> =>
    open(server, { ...where, after: received.at(-1)?.sequence ?? 0 }, receive, signal)
