import {
  Device,
  type DeviceEvent,
  type DeviceOptions,
  type DeviceProtocol,
  eventFields,
  type Followed,
  type Going,
} from './device.ts'
import { Gaps } from './gaps.ts'

export type { Followed } from './device.ts'
export type FollowerProtocol = DeviceProtocol

interface Following extends DeviceOptions {
  readonly conversationId: string
}

const query = `subscription ($conversationId: ID!, $after: Int) {
  conversationEvents(conversationId: $conversationId, after: $after) { ${eventFields} }
}`

/** Follows one conversation from the last sequence that it has. What comes out of order, twice or with an unexplained gap is a violation. */
export class Follower extends Device {
  readonly followed: Following
  protected readonly endsWithConversation = true
  readonly events: Followed[] = []
  readonly #gaps = new Gaps(this.violations)
  /** The last sequence that came on this connection. */
  #received = 0

  constructor(followed: Following) {
    super(followed)
    this.followed = followed
    this.begin()
  }

  get name(): string {
    return `${this.userId} in ${this.followed.conversationId} over ${this.protocol}`
  }

  get count(): number {
    return this.events.length
  }

  get last(): number {
    return this.events.at(-1)?.sequence ?? 0
  }

  protected going(): Going {
    const variables = { conversationId: this.followed.conversationId, after: this.last }
    this.#received = this.last
    return { query, variables, frame: { type: 'Subscribe', ...variables } }
  }

  /** What comes after a gap is not kept: a device that reconnects asks for all of it again. */
  protected onEvent({ type, sequence, member }: DeviceEvent): void {
    const { conversationId } = this.followed
    const violation = `${type} ${sequence} came after ${this.#received}`
    if (sequence <= this.#received) this.violations.push(violation)
    else if (type === 'MemberLeft' && member === this.userId) this.#gaps.end(conversationId)
    else if (sequence !== this.#received + 1) this.#gaps.add(conversationId, violation)
    if (sequence === this.last + 1) this.events.push({ type, sequence, receivedAt: Date.now() })
    this.#received = Math.max(this.#received, sequence)
  }
}
