import type { ConversationId, MessageId, UserId } from './ids.ts'
import type { Presence } from './presence.ts'
import type { Instant } from './values/instant.ts'

/**
 * What a signal is about. Of several signals with the same key only the latest is valid, so a subscriber's pending signals
 * need memory for its keys only, however many signals are published.
 */
export type SignalKey =
  /** Whether one user types in a conversation, or in one of its threads. */
  | {
      readonly kind: 'typing'
      readonly conversationId: ConversationId
      readonly threadRootId: MessageId | null
      readonly userId: UserId
    }
  /** The read and delivered markers of one member, as other members see them. */
  | { readonly kind: 'markers'; readonly conversationId: ConversationId; readonly userId: UserId }
  /** The presence of one user, as others see it. */
  | { readonly kind: 'presence'; readonly userId: UserId }
  /** The name and picture of one user. */
  | { readonly kind: 'profile'; readonly userId: UserId }
  /** What only the user's own devices see: of the user as a whole, of one conversation, of one thread. */
  | { readonly kind: 'viewer'; readonly userId: UserId }
  | { readonly kind: 'viewerConversation'; readonly userId: UserId; readonly conversationId: ConversationId }
  | {
      readonly kind: 'viewerThread'
      readonly userId: UserId
      readonly conversationId: ConversationId
      readonly threadRootId: MessageId
    }

export type SignalKind = SignalKey['kind']
type KeyOf<Kind extends SignalKind> = Extract<SignalKey, { readonly kind: Kind }>

/**
 * The latest state of a key. It is not logged and not numbered, and it may be lost: a client queries the current state
 * after each reconnect.
 */
export type Signal =
  /** `expiresAt` is null once the user has stopped; otherwise at most 6 seconds ahead. */
  | { readonly key: KeyOf<'typing'>; readonly expiresAt: Instant | null }
  /** Sequences of the conversation's log, which never decrease. Every read event is a delivered one. */
  | { readonly key: KeyOf<'markers'>; readonly read: number; readonly delivered: number }
  | { readonly key: KeyOf<'presence'>; readonly presence: Presence }
  /**
   * Something private of a conversation has changed; the user's devices query it. `markers` are the user's own markers if they
   * moved: the node that publishes them may not have written them yet, and a node that receives them shows them.
   */
  | {
      readonly key: KeyOf<'viewerConversation'>
      readonly markers: { readonly read: number; readonly delivered: number } | null
    }
  /** Says only that something has changed; the user's devices query it. */
  | { readonly key: KeyOf<'profile' | 'viewer' | 'viewerThread'> }

/** The key as a text: equal for equal keys. */
export const signalKeyText = (key: SignalKey): string => {
  switch (key.kind) {
    case 'typing':
      return `${key.kind} ${key.conversationId} ${key.threadRootId ?? '-'} ${key.userId}`
    case 'markers':
    case 'viewerConversation':
      return `${key.kind} ${key.conversationId} ${key.userId}`
    case 'viewerThread':
      return `${key.kind} ${key.threadRootId} ${key.userId}`
    case 'presence':
    case 'profile':
    case 'viewer':
      return `${key.kind} ${key.userId}`
  }
}
