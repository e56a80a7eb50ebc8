import type { Conversation, ConversationId, LogEvent, Membership, Message, Refusal } from '@cpc-messenger/messenger'

/** An event with its row as it is at delivery. Everyone who takes it from memory gets the same object. */
export interface DeliveredEvent {
  readonly kind: 'event'
  readonly event: LogEvent
  /** Present for message and reaction events. */
  readonly message?: Message
  /** Present for MemberJoined and MemberUpdated. */
  readonly membership?: Membership
  /** Present for ConversationUpdated. */
  readonly conversation?: Conversation
  /** The head at which the row was the newest version; later events may have changed it. Absent in pages of queries. */
  readonly asOf?: number
}

/** How far a stream has delivered. */
export interface StreamPosition {
  /** Null for an inbox as a whole. */
  readonly conversationId: ConversationId | null
  /** What a client sends to resume: a sequence as text, or an inbox position. */
  readonly position: string
  /** 0 for an inbox. */
  readonly sequence: number
  readonly live: boolean
}

export type StreamItem =
  | DeliveredEvent
  | ({ readonly kind: 'position' } & StreamPosition)
  /** Nothing more is delivered of this conversation: the viewer left it, or it was deleted. */
  | { readonly kind: 'ended'; readonly conversationId: ConversationId }
  /** Some positions of an inbox were not valid; the other conversations are delivered. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
