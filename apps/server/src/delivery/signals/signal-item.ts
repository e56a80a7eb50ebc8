import type { ConversationId, MessageId, Presence, User, UserId } from '@cpc-messenger/messenger'
import type { ViewerStatus } from './signal-sources.ts'

/** What a subscriber is sent. The types are those of the frames and of the GraphQL objects. */
export type DeliveredSignal =
  | {
      readonly type: 'TypingStarted' | 'TypingStopped'
      readonly conversationId: ConversationId
      readonly threadRootId: MessageId | null
      readonly userId: UserId
    }
  | {
      readonly type: 'PresenceChanged'
      readonly presence: Presence
      /** The viewer shares no conversation with the user, or the user is unknown: nothing else of the user is shown. */
      readonly isHidden: boolean
    }
  | {
      readonly type: 'ReadMarkerMoved'
      readonly conversationId: ConversationId
      readonly userId: UserId
      readonly readSequence: number
      readonly deliveredSequence: number
    }
  /** The viewer's own profile, choice or status. */
  | ({ readonly type: 'ViewerChanged'; readonly userId: UserId } & ViewerStatus)
  | { readonly type: 'ViewerConversationChanged'; readonly conversationId: ConversationId }
  | {
      readonly type: 'ViewerThreadChanged'
      readonly conversationId: ConversationId
      readonly rootMessageId: MessageId
    }
  | { readonly type: 'UserChanged'; readonly user: User }

export type DeliveredSignalType = DeliveredSignal['type']
export type SignalOf<Type extends DeliveredSignalType> = Extract<DeliveredSignal, { readonly type: Type }>

/** A signal with its key. Everyone who is sent it gets the same object, so that it is encoded once. */
export interface SignalItem {
  readonly kind: 'signal'
  /** Of two signals with equal keys only the later one is valid. */
  readonly key: string
  readonly signal: DeliveredSignal
}

export const signalItem = (key: string, signal: DeliveredSignal): SignalItem => ({ kind: 'signal', key, signal })
