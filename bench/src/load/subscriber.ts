import type { Tally } from './tally.ts'

export const protocols = ['messenger.v1', 'graphql-transport-ws', 'graphql-sse'] as const
export type Protocol = (typeof protocols)[number]

export interface SubscriberTarget {
  readonly port: number
  readonly token: string
  readonly conversationId: string
}

/** One subscriber and how many events it has got. */
export interface Subscriber {
  readonly events: number
  close(): void
}

/** Resolves once the subscription stands. Every event is added to the tally, and every failure told to it. */
export type Subscribe<Target> = (target: Target, tally: Tally) => Promise<Subscriber>
