/** What a message must be by all that was answered. */
export interface MessageModel {
  readonly id: string
  readonly key: string
  readonly author: string
  text: string
  deleted: boolean
  /** Emoji and who reacted, `👍 bob`. */
  readonly reactions: Set<string>
  /** How many events of each type it must have. */
  readonly events: Map<string, number>
}

/** What a conversation must be by all that was answered. */
export class ConversationModel {
  readonly id: string
  readonly owner: string
  /** Whether people join by themselves. */
  readonly open: boolean
  readonly members: Set<string>
  readonly messages = new Map<string, MessageModel>()
  /** For each user, when the first try of each reconnecting began, by `Date.now()`. */
  readonly reconnects = new Map<string, number[]>()
  /** For each user, how often they must have left. */
  readonly departures = new Map<string, number>()

  constructor(id: string, owner: string, open: boolean, members: Iterable<string>) {
    this.id = id
    this.owner = owner
    this.open = open
    this.members = new Set(members)
  }

  came(user: string, triedAt: number): void {
    this.members.add(user)
    this.reconnects.set(user, [...(this.reconnects.get(user) ?? []), triedAt])
  }

  left(user: string): void {
    this.members.delete(user)
    this.departures.set(user, (this.departures.get(user) ?? 0) + 1)
  }
}

export const countEvent = (message: MessageModel, type: string): void => {
  message.events.set(type, (message.events.get(type) ?? 0) + 1)
}
