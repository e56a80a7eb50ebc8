import type { Selection } from './watch-document.ts'

/** Ours. */
export const protocols = ['messenger.v1', 'graphql-transport-ws', 'graphql-sse'] as const
export type Protocol = (typeof protocols)[number]

/** The protocols of the servers that are compared with ours. */
export type PeerProtocol = 'bare' | 'socket.io' | 'graphql-ws'

export interface Seat {
  readonly token: string
  readonly conversationId: string
}

export interface SubscriberTarget extends Seat {
  readonly port: number
  readonly selection?: Selection
  /** Of signals of markers: how many come first. */
  readonly present?: number
  /** The sequence that it resumes from; without it, it starts from now. */
  readonly after?: number
  /** Of one read, at most. */
  readonly readBytes?: number
}

/** One subscriber and how many events it has got. */
export interface Subscriber {
  readonly events: number
  close(): void
}

/** Receives the events of subscribers. */
export interface Receipts {
  /** One event of so many bytes, the `nth` of its subscriber. */
  add(bytes: number, nth: number): void
  fail(error: Error): void
}

/** Resolves once the subscription is active. */
export type Subscribe = (target: SubscriberTarget, receipts: Receipts) => Promise<Subscriber>
