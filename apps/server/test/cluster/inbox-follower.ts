import { Device, type DeviceEvent, type DeviceOptions, eventFields, type Followed, type Going } from './device.ts'
import { Gaps } from './gaps.ts'

const query = `subscription ($after: [ConversationPosition!], $from: String) {
  inboxEvents(after: $after, from: $from) { ${eventFields} } }`

interface Followings {
  readonly events: Followed[]
}

/**
 * Follows all of its user's conversations: by turns from the last sequence that it has of each, and from the inbox's last
 * position with the sequences that came since. What comes twice or out of order is a violation, and so is a gap, except before
 * the user's own leaving and before the user's own joining.
 */
export class InboxFollower extends Device {
  protected readonly endsWithConversation = false
  readonly #conversations = new Map<string, Followings>()
  #position: string | undefined
  readonly #since = new Map<string, number>()
  readonly #gaps = new Gaps(this.violations)

  constructor(options: DeviceOptions) {
    super(options)
    this.begin()
  }

  get name(): string {
    return `${this.userId}'s inbox over ${this.protocol}`
  }

  get count(): number {
    return this.#conversations.values().reduce((sum, { events }) => sum + events.length, 0)
  }

  eventsOf(conversationId: string): readonly Followed[] {
    return this.#conversations.get(conversationId)?.events ?? []
  }

  protected going(): Going {
    if (this.#position !== undefined && this.connections % 2 === 0) return goingFrom(this.#since, this.#position)
    const all = new Map([...this.#conversations].map(([id, { events }]) => [id, events.at(-1)?.sequence ?? 0]))
    return goingFrom(all)
  }

  protected override positioned(position: string): void {
    this.#position = position
    this.#since.clear()
  }

  protected onEvent({ type, conversationId, sequence, member }: DeviceEvent): void {
    const known = this.#conversations.get(conversationId) ?? { events: [] }
    this.#conversations.set(conversationId, known)
    const last = known.events.at(-1)?.sequence ?? 0
    this.#since.set(conversationId, sequence)
    const leaves = type === 'MemberLeft' && member === this.userId
    // Who left and joined again while disconnected may get the joining alone.
    const isBack = type === 'MemberJoined' && member === this.userId
    const violation = `${type} ${sequence} of ${conversationId} came after ${last}`
    if (sequence <= last) {
      this.violations.push(violation)
      return
    }
    if (leaves) this.#gaps.end(conversationId)
    else if (sequence !== last + 1 && !isBack) this.#gaps.add(conversationId, violation)
    known.events.push({ type, sequence, receivedAt: Date.now() })
  }
}

const goingFrom = (sequences: ReadonlyMap<string, number>, from?: string): Going => {
  const after = Array.from(sequences, ([conversationId, sequence]) => ({ conversationId, sequence }))
  const frame = { type: 'SubscribeInbox', after: Object.fromEntries(sequences), ...(from !== undefined && { from }) }
  return { query, variables: { after, from: from ?? null }, frame }
}
