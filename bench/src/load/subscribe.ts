import { parseMessage, subprotocol } from './graphql-socket.ts'
import { type Opening, SocketSubscriber } from './socket-subscriber.ts'
import type { Subscribe, SubscriberTarget } from './subscriber.ts'
import { watching } from './watch-document.ts'

const refused = (text: string): Error => new Error(`refused: ${text}`)

const plainOpening = ({ conversationId }: SubscriberTarget): Opening => ({
  first: undefined,
  next(text) {
    if (text.startsWith('{"type":"Connected"')) return { send: JSON.stringify({ type: 'Subscribe', conversationId }) }
    if (text.startsWith('{"type":"Subscribed"')) return 'wait'
    if (text.startsWith('{"type":"StreamPosition"')) return 'stands'
    throw refused(text)
  },
})

const graphqlOpening = ({ token, conversationId }: SubscriberTarget): Opening => ({
  first: JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }),
  next(text) {
    const { type, payload } = parseMessage(text)
    if (type === 'connection_ack')
      return { send: JSON.stringify({ id: '1', type: 'subscribe', payload: watching(conversationId) }) }
    if (type === 'next' && payload?.errors === undefined) return 'stands'
    throw refused(text)
  },
})

/** The first item of every stream is its position: from then on it is live. */
export const subscribePlain: Subscribe<SubscriberTarget> = (target, tally) =>
  SocketSubscriber.open(
    { port: target.port, path: '/ws', subprotocol: 'messenger.v1', token: target.token },
    tally,
    plainOpening(target),
  )

export const subscribeGraphQL: Subscribe<SubscriberTarget> = (target, tally) =>
  SocketSubscriber.open({ port: target.port, path: '/graphql', subprotocol }, tally, graphqlOpening(target))

export const subscribeBare: Subscribe<{ readonly port: number }> = ({ port }, tally) =>
  SocketSubscriber.open({ port, path: '/subscribe' }, tally)
