import type { EventBody, FirstReactors, LogEvent, Message, MessageId, ReactionSummary } from '@cpc-messenger/messenger'
import { reactionsBytes } from './row-bytes.ts'
import { VersionedRows } from './versioned-rows.ts'

type Added = Extract<EventBody, { readonly type: 'ReactionAdded' | 'ReactionRemoved' }>

/** Reactions to a message, as they are while the message has this version. */
interface Reactions {
  readonly changedSequence: number
  readonly summaries?: readonly ReactionSummary[]
  readonly reactors?: readonly FirstReactors[]
  /** Computed from received events only. Reactions that were read may include events that are not received yet. */
  readonly fromEvents: boolean
}

type ReactionLists = Required<Pick<Reactions, 'summaries' | 'reactors'>>
export type ReadReactions = Partial<ReactionLists>

const none: ReactionLists = { summaries: [], reactors: [] }

/** Users that are listed for each emoji. */
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

/** Reactions to messages of one log. They are counted from received events if all were received, and otherwise read. */
export class ReactionCache {
  readonly #known = new VersionedRows<Reactions>(reactionsBytes)

  get bytes(): number {
    return this.#known.bytes
  }

  /** Undefined if they are not cached. */
  summaries(message: Message): readonly ReactionSummary[] | undefined {
    return this.#of(message)?.summaries
  }

  /** Undefined if they are not cached. */
  reactors(message: Message): readonly FirstReactors[] | undefined {
    return this.#of(message)?.reactors
  }

  /** Caches reactions that were read while this was the newest version of the message. */
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
      // After a removal the users beyond the first ten, and the order of the emoji, are not known here.
      else if (event.type !== 'MessageUpdated') fromEvents = undefined
    }
    if (fromEvents !== undefined) this.#put(after, { ...fromEvents, fromEvents: true })
  }

  trim(from: number): void {
    this.#known.trim(from)
  }

  /** A message without events after its creation has none; a deleted message has lost its reactions. */
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
