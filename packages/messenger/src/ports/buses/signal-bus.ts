import type { ConversationId, UserId } from '../../ids.ts'
import type { Signal } from '../../signals.ts'

/**
 * The signals that a subscriber receives. `conversation`: typing and markers of its members. `private`: what only the devices
 * of one user see. `profiles`: changed profiles of all users, which are rare. Presence is carried by `PresenceRegistry`.
 */
export type SignalTopic =
  | { readonly kind: 'conversation'; readonly conversationId: ConversationId }
  | { readonly kind: 'private'; readonly userId: UserId }
  | { readonly kind: 'profiles' }

/** Ends the subscription when it is disposed of: the listener is not called afterwards. */
export interface SignalSubscription extends Disposable {
  /**
   * Resolves when signals that are published from now on are delivered, unless they are lost. Query the current state only
   * after it. Never rejects; resolves after 200 ms at most, and at once while the bus is degraded.
   */
  readonly ready: Promise<void>
}

/**
 * Carries signals to the nodes that have a subscriber for them.
 *
 * Promises:
 * - A subscriber receives only signals of its topics. A node without a subscriber of a topic receives nothing of it, so
 *   that the cost of a signal is the number of nodes that need it.
 * - Publishing never waits, never throws and keeps nothing: a signal that cannot be sent now is dropped.
 * - Subscribers on the publishing node are called before `publish` returns.
 *
 * Does not promise:
 * - Delivery. Signals may be lost, repeated and reordered, also for minutes.
 * - Order. Of two signals with one key an older one may come last. Markers never decrease, so the greater value is valid.
 *   Typing expires by its own `expiresAt`. Presence is corrected by `PresenceRegistry`.
 * - Permission. The bus does not know memberships: the subscriber checks that it may see a topic, and ends its subscription
 *   when the membership ends.
 *
 * Publishers coalesce signals: at most one for each key in 250 ms, and typing at most once in 2 s.
 *
 * Adapters: in process and NATS. Both pass the same contract test.
 */
export interface SignalBus {
  /**
   * `topic` decides who receives the signal. It has to be that of the signal's key: typing and markers of a conversation go to
   * the `conversation`, keys that begin with `viewer` to `private`, and `profile` to `profiles`.
   */
  publish(topic: SignalTopic, signal: Signal): void
  /** The listener is called in any tick of the event loop, and must not throw. Signals are shared: do not change them. */
  subscribe(topic: SignalTopic, listener: (signal: Signal) => void): SignalSubscription
  /** Calls `listener` each time after an outage: signals were lost, and current state has to be queried again. */
  onRestored(listener: () => void): Disposable
  /** `degraded` while signals are known not to reach other nodes. */
  readonly state: 'up' | 'degraded'
}
