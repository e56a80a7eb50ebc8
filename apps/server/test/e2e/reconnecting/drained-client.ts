import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import WebSocket from 'ws'
import type { RunningServer } from '../server/running-server.ts'

export type ClientProtocol = 'graphql-transport-ws' | 'messenger.v1' | 'server-sent events'

/** How a connection ended, as its client saw it. */
export interface ObservedClose {
  readonly protocol: ClientProtocol
  /** Of a WebSocket. */
  readonly code: number | undefined
  readonly waitMs: number
  /** On the monotonic clock. */
  readonly at: number
}

/** A connection that stays open until the server drains it. */
export interface DrainedClient {
  readonly closed: Promise<ObservedClose>
}

const inbox = 'subscription { inboxEvents { __typename } }'

const openSocket = async (
  server: RunningServer,
  protocol: 'graphql-transport-ws' | 'messenger.v1',
  token: string,
): Promise<DrainedClient> => {
  const authorization = `Bearer ${token}`
  const path = protocol === 'messenger.v1' ? 'ws' : 'graphql'
  const socket = new WebSocket(`${server.webSocketUrl}/${path}`, protocol, {
    headers: { authorization },
    perMessageDeflate: false,
  })
  socket.on('error', () => undefined)
  const closed = new Promise<ObservedClose>(resolve => {
    socket.on('close', (code, reason) =>
      resolve({ protocol, code, waitMs: Number(String(reason) || Number.NaN), at: performance.now() }),
    )
  })
  const live = new Promise<void>(resolve => {
    socket.on('message', data => {
      if (/"type":"(?:next|InboxSubscribed)"/.test(String(data))) resolve()
    })
  })
  await once(socket, 'open')
  const send = (frame: object) => socket.send(JSON.stringify(frame))
  if (protocol === 'graphql-transport-ws') {
    send({ type: 'connection_init', payload: { authorization } })
    await once(socket, 'message')
    send({ id: '1', type: 'subscribe', payload: { query: inbox } })
  } else send({ type: 'SubscribeInbox', after: {} })
  await live
  return { closed }
}

const openStream = async (server: RunningServer, token: string): Promise<DrainedClient> => {
  const url = `${server.url}/graphql?query=${encodeURIComponent(inbox)}`
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage]
  let text = ''
  response.setEncoding('utf8').on('data', chunk => (text += chunk))
  const closed = new Promise<ObservedClose>(resolve => {
    response.on('close', () => {
      const waitMs = Number(/^retry: (\d+)\n\n$/m.exec(text)?.[1] ?? Number.NaN)
      resolve({ protocol: 'server-sent events', code: undefined, waitMs, at: performance.now() })
    })
  })
  await once(response, 'data')
  return { closed }
}

/** Connects and subscribes. */
export const connectDrained = (
  server: RunningServer,
  protocol: ClientProtocol,
  token: string,
): Promise<DrainedClient> =>
  protocol === 'server-sent events' ? openStream(server, token) : openSocket(server, protocol, token)
