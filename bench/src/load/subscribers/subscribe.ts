import { parseMessage, subprotocol } from '../sockets/graphql-socket.ts'
import { type Opening, SocketSubscriber } from './socket-subscriber.ts'
import { subscribeSse } from './subscribe-sse.ts'
import type { PeerProtocol, Protocol, Receipts, Subscribe, SubscriberTarget } from './subscriber.ts'
import { type Selection, type SignalSelection, watching } from './watch-document.ts'

const refused = (text: string): Error => new Error(`refused: ${text}`)

const plainOpening = ({ conversationId, after }: SubscriberTarget): Opening => ({
  first: undefined,
  next(text) {
    if (text.startsWith('{"type":"Connected"'))
      return { send: JSON.stringify({ type: 'Subscribe', conversationId, after }) }
    if (text.startsWith('{"type":"Subscribed"')) return after === undefined ? 'wait' : 'stands'
    if (text.startsWith('{"type":"StreamPosition"')) return 'stands'
    throw refused(text)
  },
})

/** A signal is shorter than an event. */
const signalBytes = 80
const kindOf: Readonly<Record<SignalSelection, string>> = { typing: 'TYPING', markers: 'READ_MARKERS' }

/** How many signals of the present state come first: there is always one user who types, and each member has markers. */
const presentOf = ({ selection, present = 1 }: SubscriberTarget): number => (selection === 'markers' ? present : 1)

const isSignals = (selection: Selection | undefined): selection is SignalSelection =>
  selection === 'typing' || selection === 'markers'

const signalsOpening = (target: SubscriberTarget, selection: SignalSelection): Opening => {
  const { conversationId } = target
  let left = presentOf(target)
  return {
    first: undefined,
    eventBytes: signalBytes,
    next(text) {
      if (text.startsWith('{"type":"Connected"'))
        return { send: JSON.stringify({ type: 'SubscribeSignals', conversationId, kinds: [kindOf[selection]] }) }
      if (!text.startsWith('{"type":"TypingStarted"') && !text.startsWith('{"type":"ReadMarkerMoved"'))
        throw refused(text)
      left -= 1
      return left === 0 ? 'stands' : 'wait'
    },
  }
}

const subscribeMessage = ({ conversationId, selection = 'alike', after }: SubscriberTarget): string =>
  JSON.stringify({ id: '1', type: 'subscribe', payload: watching(selection, conversationId, after) })

const initMessage = ({ token }: SubscriberTarget): string =>
  JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } })

const graphqlOpening = (target: SubscriberTarget): Opening => {
  let left = presentOf(target)
  return {
    first: initMessage(target),
    ...(isSignals(target.selection) ? { eventBytes: signalBytes } : {}),
    next(text) {
      const { type, payload } = parseMessage(text)
      const send = subscribeMessage(target)
      if (type === 'connection_ack') return target.after === undefined ? { send } : { send, stands: true }
      if (type !== 'next' || payload?.errors !== undefined) throw refused(text)
      left -= 1
      return left === 0 ? 'stands' : 'wait'
    },
  }
}

/**
 * A server without positions sends nothing when a subscription becomes active; `subscriptionCount` is polled instead.
 */
const peerOpening = (target: SubscriberTarget): Opening => ({
  first: initMessage(target),
  next(text) {
    if (parseMessage(text).type === 'connection_ack') return { send: subscribeMessage(target), stands: true }
    throw refused(text)
  },
})

const socketIoOpening: Opening = {
  first: '40',
  next(text) {
    if (text.startsWith('0')) return 'wait'
    if (text.startsWith('40')) return 'stands'
    throw refused(text)
  },
}

/** What is answered to Socket.IO's own ping. */
const socketIoPing = { ping: '2', pong: '3' }

export const subscribeGraphQL = (target: SubscriberTarget, receipts: Receipts): Promise<SocketSubscriber> => {
  const { port, readBytes } = target
  const socket = { port, path: '/graphql', subprotocol, ...(readBytes === undefined ? {} : { readBytes }) }
  return SocketSubscriber.open(socket, receipts, graphqlOpening(target))
}

/** The first item of a stream that starts from now is its position: from then on it is live. */
export const subscribers: Readonly<Record<Protocol | PeerProtocol, Subscribe>> = {
  'messenger.v1': (target, receipts) =>
    SocketSubscriber.open(
      { port: target.port, path: '/ws', subprotocol: 'messenger.v1', token: target.token },
      receipts,
      isSignals(target.selection) ? signalsOpening(target, target.selection) : plainOpening(target),
    ),
  'graphql-transport-ws': subscribeGraphQL,
  'graphql-sse': subscribeSse,
  bare: ({ port, conversationId }, receipts) =>
    SocketSubscriber.open({ port, path: `/subscribe/${conversationId}` }, receipts),
  'socket.io': ({ port }, receipts) =>
    SocketSubscriber.open(
      { port, path: '/socket.io/?EIO=4&transport=websocket' },
      receipts,
      socketIoOpening,
      socketIoPing,
    ),
  'graphql-ws': (target, receipts) =>
    SocketSubscriber.open({ port: target.port, path: '/graphql', subprotocol }, receipts, peerOpening(target)),
}
