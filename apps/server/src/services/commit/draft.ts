import type { Changes, ConversationId, EventBody, MessageId, UserId } from '@cpc-messenger/messenger'

/** An event without its sequence. */
export interface DraftEvent {
  readonly conversationId: ConversationId
  readonly body: EventBody
}

/** Followers of a thread; the command has loaded what they have to do with it. */
export interface DraftFollowers {
  readonly rootId: MessageId
  readonly conversationId: ConversationId
  readonly userIds: readonly UserId[]
}

type DraftRows = Partial<Omit<Changes, 'events' | 'endedMemberships' | 'threads'>>

/**
 * What a command changes. Sequences in messages, memberships and reactions are set when the event is numbered; their values
 * in a draft are ignored.
 */
export interface Draft extends DraftRows {
  readonly events?: readonly DraftEvent[]
  /** Users who follow a thread because of the last of these events, unless they have chosen. */
  readonly followers?: DraftFollowers
}
