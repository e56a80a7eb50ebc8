import { openPublisher, type PublisherOptions } from '../sending/publisher.ts'
import { Audience } from './audience.ts'
import { subscribers } from './subscribe.ts'
import type { PeerProtocol, Protocol, Receipts, Seat, Subscriber } from './subscriber.ts'
import { Tally } from './tally.ts'
import type { Selection } from './watch-document.ts'

export interface SubscribersOptions {
  readonly protocol: Protocol | PeerProtocol
  readonly port: number
  readonly seats: readonly Seat[]
  readonly selection?: Selection
  /** Of signals of markers: how many come first. */
  readonly present?: number
  /** The sequence that all of them resume from. */
  readonly after?: number
}

export interface AudienceOptions extends SubscribersOptions {
  /** One for each room, or one for all rooms. */
  readonly publishers: readonly PublisherOptions[]
}

/** Connections that are being opened at once. */
const atOnce = 25

/** Resolves once every subscription is active. */
export const openSubscribers = async (
  { protocol, seats, ...target }: SubscribersOptions,
  receipts: Receipts,
): Promise<readonly Subscriber[]> => {
  const subscribe = subscribers[protocol]
  const opened: Subscriber[] = []
  for (let from = 0; from < seats.length; from += atOnce) {
    const some = seats.slice(from, from + atOnce)
    opened.push(...(await Promise.all(some.map(seat => subscribe({ ...target, ...seat }, receipts)))))
  }
  return opened
}

export const openAudience = async ({ publishers, ...options }: AudienceOptions): Promise<Audience> => {
  const tally = new Tally()
  const opened = await openSubscribers(options, tally)
  const fail = (error: Error): void => tally.fail(error)
  const publishing = await Promise.all(publishers.map(publisher => openPublisher(publisher, fail)))
  return new Audience(opened, tally, publishing)
}
