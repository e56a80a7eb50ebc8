import type { Changes, ConversationId, EventBody } from '@cpc-messenger/messenger'

/** An event without its sequence. */
export interface DraftEvent {
  readonly conversationId: ConversationId
  readonly body: EventBody
}

type DraftRows = Partial<Omit<Changes, 'events' | 'endedMemberships'>>

/**
 * What a command changes. Sequences in messages, memberships and reactions are set when the event is numbered; their values
 * in a draft are ignored.
 */
export interface Draft extends DraftRows {
  readonly events?: readonly DraftEvent[]
}
