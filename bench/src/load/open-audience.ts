import { Audience } from './audience.ts'
import { barePublisher, messagePublisher, type Publisher } from './publisher.ts'
import { subscribeBare, subscribeGraphQL, subscribePlain } from './subscribe.ts'
import { subscribeSse } from './subscribe-sse.ts'
import type { Protocol, Subscribe, Subscriber, SubscriberTarget } from './subscriber.ts'
import { Tally } from './tally.ts'

export type AudienceOptions =
  | { readonly protocol: 'bare'; readonly port: number; readonly subscribers: number }
  | {
      readonly protocol: Protocol
      readonly port: number
      readonly conversationId: string
      /** Of the one who publishes. */
      readonly publisher: string
      /** Of the subscribers, one for each. */
      readonly tokens: readonly string[]
    }

/** Connections that are being opened at once. */
const atOnce = 25

const subscribers: Readonly<Record<Protocol, Subscribe<SubscriberTarget>>> = {
  'messenger.v1': subscribePlain,
  'graphql-transport-ws': subscribeGraphQL,
  'graphql-sse': subscribeSse,
}

const openAll = async (openings: readonly (() => Promise<Subscriber>)[]): Promise<readonly Subscriber[]> => {
  const opened: Subscriber[] = []
  for (let from = 0; from < openings.length; from += atOnce)
    opened.push(...(await Promise.all(openings.slice(from, from + atOnce).map(open => open()))))
  return opened
}

/** Resolves once every subscription stands. */
export const openAudience = async (options: AudienceOptions): Promise<Audience> => {
  const tally = new Tally()
  const { port } = options
  if (options.protocol === 'bare') {
    const openings = Array.from({ length: options.subscribers }, () => () => subscribeBare({ port }, tally))
    const publisher = await barePublisher(port, error => tally.fail(error))
    return new Audience(await openAll(openings), tally, publisher)
  }
  const { protocol, conversationId, tokens } = options
  const subscribe = subscribers[protocol]
  const publisher: Publisher = await messagePublisher({ port, conversationId, token: options.publisher })
  const opened = await openAll(tokens.map(token => () => subscribe({ port, conversationId, token }, tally)))
  return new Audience(opened, tally, publisher)
}
