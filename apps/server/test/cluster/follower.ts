import {
  Device,
  type DeviceOptions,
  type DeviceProtocol,
  eventFields,
  type Followed,
  type Going,
  type Told,
} from './device.ts'

export type { Followed } from './device.ts'
export type FollowerProtocol = DeviceProtocol

export interface Following extends DeviceOptions {
  readonly conversationId: string
}

const query = `subscription ($conversationId: ID!, $after: Int) {
  conversationEvents(conversationId: $conversationId, after: $after) { ${eventFields} }
}`

/** Follows one conversation from the last sequence that it has. What comes out of order, twice or with a gap is a violation. */
export class Follower extends Device {
  readonly following: Following
  protected readonly endsWithConversation = true
  readonly events: Followed[] = []

  constructor(following: Following) {
    super(following)
    this.following = following
    this.begin()
  }

  get name(): string {
    return `${this.userId} in ${this.following.conversationId} over ${this.protocol}`
  }

  get count(): number {
    return this.events.length
  }

  get last(): number {
    return this.events.at(-1)?.sequence ?? 0
  }

  protected going(): Going {
    const variables = { conversationId: this.following.conversationId, after: this.last }
    return { query, variables, frame: { type: 'Subscribe', ...variables } }
  }

  protected told({ type, sequence, member }: Told): void {
    if (sequence === this.last + 1) this.events.push({ type, sequence, receivedAt: Date.now() })
    // Whoever has left gets that at once, before what they had still to be told.
    else if (type !== 'MemberLeft' || member !== this.userId || sequence <= this.last)
      this.violations.push(`${type} ${sequence} came after ${this.last}`)
  }
}
