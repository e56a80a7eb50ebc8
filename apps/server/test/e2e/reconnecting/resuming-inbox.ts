import WebSocket from 'ws'
import type { Address } from '../../support/address.ts'
import { type Connect, serverSentEvents, socketStream } from './resuming-subscriber.ts'

export interface InboxEvent {
  readonly type: string
  readonly conversationId: string
  readonly sequence: number
}

interface InboxOwner {
  readonly token: string
  readonly epoch: string
  /** Where it begins. */
  readonly from: string
}

const document = `subscription ($from: String!, $epoch: ID!) {
  inboxEvents(from: $from, epoch: $epoch) {
    __typename
    ... on ConversationEvent { conversationId sequence }
    ... on StreamPosition { position }
  }
}`

interface EventData {
  readonly inboxEvents: {
    readonly __typename: string
    readonly conversationId?: string
    readonly sequence?: number
    readonly position?: string
  } | null
}

/** What a client keeps: the inbox's last position, and the sequences of the events that came after it. */
class Kept {
  position: string | undefined
  readonly since = new Map<string, number>()

  moved(position: string): void {
    this.position = position
    this.since.clear()
  }

  passed({ conversationId, sequence }: InboxEvent): void {
    this.since.set(conversationId, sequence)
  }
}

const takeData = (data: EventData | null | undefined, receive: (event: InboxEvent) => void, kept: Kept): void => {
  const item = data?.inboxEvents
  if (item?.position !== undefined) kept.moved(item.position)
  if (item?.sequence === undefined || item.conversationId === undefined) return
  const event = { type: item.__typename, conversationId: item.conversationId, sequence: item.sequence }
  receive(event)
  kept.passed(event)
}

/** Reconnects with `connection_init`, as a client whose library subscribes again with its first variables. */
export const inboxOverGraphQLWebSocket = (server: Address, { token, epoch, from }: InboxOwner): Connect<InboxEvent> => {
  const kept = new Kept()
  return (_received, receive, signal) => {
    const socket = new WebSocket(`${server.webSocketUrl}/graphql`, 'graphql-transport-ws')
    const send = (frame: object) => socket.send(JSON.stringify(frame))
    const place = { epoch, from: kept.position, positions: Object.fromEntries(kept.since) }
    socket.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${token}`, ...place } }))
    return socketStream(socket, signal, text => {
      const frame = JSON.parse(text) as { type: string; payload?: { data?: EventData; errors?: unknown } }
      if (frame.type === 'connection_ack')
        send({ id: '1', type: 'subscribe', payload: { query: document, variables: { from, epoch } } })
      if (frame.type === 'error' || frame.payload?.errors !== undefined) throw new Error(text)
      if (frame.type === 'next') takeData(frame.payload?.data, receive, kept)
    })
  }
}

/** Reconnects with the last position and the sequences since. */
export const inboxOverPlainWebSocket = (server: Address, { token, epoch, from }: InboxOwner): Connect<InboxEvent> => {
  const kept = new Kept()
  kept.moved(from)
  return (_received, receive, signal) => {
    const headers = { authorization: `Bearer ${token}` }
    const socket = new WebSocket(`${server.webSocketUrl}/ws`, 'messenger.v1', { headers })
    return socketStream(socket, signal, text => {
      const frame = JSON.parse(text) as InboxEvent & { occurredAt?: string; position?: string }
      if (frame.type === 'Connected') {
        const after = Object.fromEntries(kept.since)
        socket.send(JSON.stringify({ type: 'SubscribeInbox', from: kept.position, after, epoch }))
      }
      if (frame.type === 'Error') throw new Error(text)
      if (frame.position !== undefined) kept.moved(frame.position)
      if (frame.occurredAt === undefined) return
      const { type, conversationId, sequence } = frame
      receive({ type, conversationId, sequence })
      kept.passed(frame)
    })
  }
}

/** Reconnects with the id of the last event, as a browser's EventSource does. */
export const inboxOverServerSentEvents = (server: Address, { token, epoch, from }: InboxOwner): Connect<InboxEvent> => {
  let lastEventId: string | undefined
  return async (_received, receive, signal) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'text/event-stream',
        'content-type': 'application/json',
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      body: JSON.stringify({ query: document, variables: { from, epoch } }),
    })
    if (response.status >= 400 && response.status !== 503) throw new Error(`${response.status}`)
    const kept = new Kept()
    for await (const { event, data, id } of serverSentEvents(response)) {
      if (event === 'next') {
        const result = JSON.parse(data) as { data?: EventData; errors?: unknown }
        if (result.errors !== undefined) throw new Error(data)
        takeData(result.data, receive, kept)
      }
      if (id !== undefined && id.length > 2048) throw new Error(`an id of ${id.length} characters`)
      lastEventId = id ?? lastEventId
    }
  }
}
