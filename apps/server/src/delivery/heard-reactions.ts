import type { EventBody, LogEvent, Message, MessageId, ReactionSummary } from '@cpc-messenger/messenger'
import { reactionsBytes } from './row-bytes.ts'
import { VersionedRows } from './versioned-rows.ts'

type Added = Extract<EventBody, { readonly type: 'ReactionAdded' | 'ReactionRemoved' }>

/** The reactions to a message, as they are while it has this version. */
interface Reactions {
  readonly changedSequence: number
  readonly summaries: readonly ReactionSummary[]
  /** Every one of them was heard of here. What was read may know of some before they are heard. */
  readonly heard: boolean
}

/** The emoji of the newest reaction comes last if it is new. */
const withAdded = (summaries: readonly ReactionSummary[], { messageId, emoji }: Added): readonly ReactionSummary[] => {
  if (!summaries.some(summary => summary.emoji === emoji)) return [...summaries, { messageId, emoji, count: 1 }]
  return summaries.map(summary => (summary.emoji === emoji ? { ...summary, count: summary.count + 1 } : summary))
}

/** The reactions to messages of one log: counted as they are heard where all were heard, else read. */
export class HeardReactions {
  readonly #known = new VersionedRows<Reactions>(({ summaries }) => reactionsBytes(summaries))

  get bytes(): number {
    return this.#known.bytes
  }

  /** Undefined where they are not known. */
  of({ id, sequence, changedSequence }: Message): readonly ReactionSummary[] | undefined {
    if (changedSequence === sequence) return []
    const known = this.#known.get(id)
    return known?.changedSequence === changedSequence ? known.summaries : undefined
  }

  /** What was read while this was the message's newest version. */
  put(message: Message, summaries: readonly ReactionSummary[]): void {
    if (this.of(message) === undefined) this.#put(message, { summaries, heard: false })
  }

  /** `before` is the message as it was before these events, `after` as it is now. All of them are about it. */
  hear(events: readonly LogEvent[], before: Message | undefined, after: Message): void {
    if (events.at(-1)?.sequence !== after.changedSequence) return
    let summaries = before === undefined ? undefined : this.#allHeardOf(before)
    for (const event of events) {
      if (event.type === 'MessageCreated') summaries = []
      else if (event.type === 'ReactionAdded') summaries = summaries && withAdded(summaries, event)
      // Which emoji is now the earliest is not known here.
      else if (event.type !== 'MessageUpdated') summaries = undefined
    }
    if (summaries !== undefined) this.#put(after, { summaries, heard: true })
  }

  trim(from: number): void {
    this.#known.trim(from)
  }

  #allHeardOf({ id, sequence, changedSequence }: Message): readonly ReactionSummary[] | undefined {
    if (changedSequence === sequence) return []
    const known = this.#known.get(id)
    return known?.heard === true && known.changedSequence === changedSequence ? known.summaries : undefined
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
