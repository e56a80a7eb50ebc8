import { openSubscribers, type SubscribersOptions } from '../subscribers/open-audience.ts'
import { Tally } from '../subscribers/tally.ts'

export interface Replay extends SubscribersOptions {
  /** How many events each has to receive. */
  readonly events: number
}

export interface Replayed {
  readonly deliveries: number
  readonly seconds: number
  readonly bytesPerDelivery: number
}

/** All subscribers resume from the same sequence and read until they have received every event. */
export const replayToAll = async ({ events, ...options }: Replay): Promise<Replayed> => {
  const tally = new Tally()
  const began = performance.now()
  const subscribers = await openSubscribers(options, tally)
  await tally.reached(events * subscribers.length)
  const seconds = (performance.now() - began) / 1000
  for (const subscriber of subscribers) subscriber.close()
  return { deliveries: tally.count, seconds, bytesPerDelivery: Math.round(tally.bytes / tally.count) }
}
