import type { Conversation, ConversationId, LogEvent, Membership, Message, Refusal } from '@cpc-messenger/messenger'

/** An event with the row that it is about, as that row stands at delivery. Those who take it from memory get the same object. */
export interface DeliveredEvent {
  readonly kind: 'event'
  readonly event: LogEvent
  /** Of the message and reaction events. */
  readonly message?: Message
  /** Of MemberJoined, MemberLeft and MemberUpdated. */
  readonly membership?: Membership
  /** Of ConversationUpdated. */
  readonly conversation?: Conversation
  /** The log's head for which the row is the newest version; later events may have changed it. Absent in query pages. */
  readonly asOf?: number
}

/** Where a stream stands. */
export interface StreamPosition {
  /** Null for an inbox as a whole. */
  readonly conversationId: ConversationId | null
  /** What a client keeps to come back with: a sequence as a text, or an inbox's position. */
  readonly position: string
  /** 0 for an inbox. */
  readonly sequence: number
  readonly live: boolean
}

export type StreamItem =
  | DeliveredEvent
  | ({ readonly kind: 'position' } & StreamPosition)
  /** Nothing follows of this conversation: the viewer left it, or it was deleted. */
  | { readonly kind: 'ended'; readonly conversationId: ConversationId }
  /** Some positions of an inbox were bad; the others go on. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
