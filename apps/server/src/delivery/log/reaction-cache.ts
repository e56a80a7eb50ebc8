import type { EventBody, FirstReactors, LogEvent, Message, MessageId, ReactionSummary } from '@cpc-messenger/messenger'
import { reactionsBytes } from './row-bytes.ts'
import { VersionedRows } from './versioned-rows.ts'

type Added = Extract<EventBody, { readonly type: 'ReactionAdded' | 'ReactionRemoved' }>

/** What is known of the reactions to a message, as they are while it has this version. */
interface Reactions {
  readonly changedSequence: number
  readonly summaries?: readonly ReactionSummary[]
  readonly reactors?: readonly FirstReactors[]
  /** Every one of them was fromEvents of here. What was read may know of some before they are fromEvents. */
  readonly fromEvents: boolean
}

type ReactionLists = Required<Pick<Reactions, 'summaries' | 'reactors'>>
export type ReadReactions = Partial<ReactionLists>

const none: ReactionLists = { summaries: [], reactors: [] }

/** Users that are told of by name. */
const named = 10

/** The emoji of the newest reaction comes last if it is new, and its user after those who reacted before. */
const withAdded = ({ summaries, reactors }: ReactionLists, { messageId, emoji, userId }: Added): ReactionLists => {
  if (!summaries.some(summary => summary.emoji === emoji))
    return {
      summaries: [...summaries, { messageId, emoji, count: 1 }],
      reactors: [...reactors, { messageId, emoji, userIds: [userId] }],
    }
  return {
    summaries: summaries.map(each => (each.emoji === emoji ? { ...each, count: each.count + 1 } : each)),
    reactors: reactors.map(each =>
      each.emoji === emoji ? { ...each, userIds: [...each.userIds, userId].slice(0, named) } : each,
    ),
  }
}

/** The reactions to messages of one log: counted as they are fromEvents where all were fromEvents, else read. */
export class ReactionCache {
  readonly #known = new VersionedRows<Reactions>(reactionsBytes)

  get bytes(): number {
    return this.#known.bytes
  }

  /** Undefined where they are not known. */
  summaries(message: Message): readonly ReactionSummary[] | undefined {
    return this.#of(message)?.summaries
  }

  /** Undefined where they are not known. */
  reactors(message: Message): readonly FirstReactors[] | undefined {
    return this.#of(message)?.reactors
  }

  /** What was read while this was the message's newest version. */
  put(message: Message, read: ReadReactions): void {
    const known = this.#of(message)
    this.#put(message, { ...known, ...read, fromEvents: false })
  }

  /** `before` is the message as it was before these events, `after` as it is now. All of them are about it. */
  receive(events: readonly LogEvent[], before: Message | undefined, after: Message): void {
    if (events.at(-1)?.sequence !== after.changedSequence) return
    let fromEvents = before === undefined ? undefined : this.#countedOf(before)
    for (const event of events) {
      if (event.type === 'MessageCreated') fromEvents = none
      else if (event.type === 'ReactionAdded') fromEvents = fromEvents && withAdded(fromEvents, event)
      // Whoever was left out of the first ten, and which emoji is now the earliest, is not known here.
      else if (event.type !== 'MessageUpdated') fromEvents = undefined
    }
    if (fromEvents !== undefined) this.#put(after, { ...fromEvents, fromEvents: true })
  }

  trim(from: number): void {
    this.#known.trim(from)
  }

  /** A message that nothing has happened to has none, and neither has a deleted one: they went with it. */
  #of({ id, sequence, changedSequence, deletedAt }: Message): ReadReactions | undefined {
    if (changedSequence === sequence || deletedAt !== null) return none
    const known = this.#known.get(id)
    return known?.changedSequence === changedSequence ? known : undefined
  }

  #countedOf(message: Message): ReactionLists | undefined {
    if (message.changedSequence === message.sequence) return none
    const known = this.#known.get(message.id)
    if (known?.fromEvents !== true || known.changedSequence !== message.changedSequence) return undefined
    const { summaries = [], reactors = [] } = known
    return { summaries, reactors }
  }

  #put({ id, changedSequence }: Message, known: Omit<Reactions, 'changedSequence'>): void {
    this.#known.put(id, { ...known, changedSequence }, changedSequence)
  }
}

/** The events about messages, by message. */
export const byMessage = (events: readonly LogEvent[]): ReadonlyMap<MessageId, readonly LogEvent[]> => {
  const groups = new Map<MessageId, LogEvent[]>()
  for (const event of events) {
    if (!('messageId' in event)) continue
    const group = groups.get(event.messageId)
    if (group === undefined) groups.set(event.messageId, [event])
    else group.push(event)
  }
  return groups
}
