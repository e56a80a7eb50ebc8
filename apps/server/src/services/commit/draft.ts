import type { Changes, ConversationId, EventBody } from '@cpc-messenger/messenger'

/** An event before it has its number. */
export interface DraftEvent {
  readonly conversationId: ConversationId
  readonly body: EventBody
}

type DraftRows = Partial<Omit<Changes, 'events' | 'endedMemberships'>>

/**
 * What a command changes. The sequences that an event gives to its message, membership or reaction are filled in when it
 * is numbered: what stands there in a draft does not matter.
 */
export interface Draft extends DraftRows {
  readonly events?: readonly DraftEvent[]
}
