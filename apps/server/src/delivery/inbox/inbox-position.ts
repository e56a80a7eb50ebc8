import {
  type CommitMark,
  type ConversationId,
  type InboxMark,
  idPrefixes,
  type MessageStore,
  maxSequence,
  parseConversationId,
} from '@cpc-messenger/messenger'

/** A position has to fit into a request's headers beside a token and the epoch. */
export const maxPositionLength = 1900
/** Longer texts are not parsed: no version has ever issued one. */
const maxParsedLength = 4096
/** The length of a mark, and of one conversation: `~`, 26 characters of its id, `.` and 6 digits. */
const [markLength, entryLength] = [16, 34]
/** Most conversations that a position lists. */
const maxListed = Math.floor((maxPositionLength - markLength) / entryLength)

/** What was delivered of all conversations: each up to the later of the mark and its own sequence. */
export interface InboxPoint {
  readonly mark: CommitMark | undefined
  readonly sequences: ReadonlyMap<ConversationId, number>
}

const prefix = `${idPrefixes.conversation}_`
const entryForm = /^([0-9a-z]{26})\.([0-9a-z]{1,6})$/

const entryText = (id: ConversationId, sequence: number): string =>
  `${id.slice(prefix.length)}.${sequence.toString(36)}`

const parseEntry = (text: string): readonly [ConversationId, number] | undefined => {
  const [, suffix, digits = ''] = entryForm.exec(text) ?? []
  const id = suffix === undefined ? undefined : parseConversationId(prefix + suffix)
  const sequence = Number.parseInt(digits, 36)
  return id === undefined || !(sequence <= maxSequence) ? undefined : [id, sequence]
}

/**
 * Parses `MARK~CONVERSATION.SEQUENCE~…`, with the sequence in base 36 and the conversation's id without its prefix. The list
 * may be empty. A position without a mark is used together with a list of positions. Returns undefined for any other form.
 * Only the store can check whether the mark is valid.
 */
export const parseInboxPosition = (text: string): InboxPoint | undefined => {
  if (text.length > maxParsedLength) return undefined
  const [mark, ...entries] = text.split('~')
  const parsed = entries.map(parseEntry)
  const sequences = parsed.filter(entry => entry !== undefined)
  if (sequences.length !== entries.length) return undefined
  return { mark: mark === '' ? undefined : mark, sequences: new Map(sequences) }
}

const positionText = (mark: CommitMark | undefined, entries: Iterable<readonly [ConversationId, number]>): string =>
  [mark ?? '', ...Array.from(entries, ([id, sequence]) => entryText(id, sequence))].join('~')

/** The later of the two sequences of each conversation. */
export const laterSequences = (
  one: ReadonlyMap<ConversationId, number>,
  other: ReadonlyMap<ConversationId, number>,
): ReadonlyMap<ConversationId, number> => {
  const later = new Map(one)
  for (const [id, sequence] of other) later.set(id, Math.max(sequence, later.get(id) ?? 0))
  return later
}

/** The later of two positions, for each conversation. An invalid text is returned unchanged, so that it is refused when it is used. */
export const laterInboxPosition = (
  one: string,
  other: string,
  { laterMark }: Pick<MessageStore, 'laterMark'>,
): string => {
  const first = parseInboxPosition(one)
  const second = parseInboxPosition(other)
  if (first === undefined) return one
  if (second === undefined) return other
  const { mark } = first
  const later = mark === undefined || second.mark === undefined ? (mark ?? second.mark) : laterMark(mark, second.mark)
  return positionText(later, laterSequences(first.sequences, second.sequences))
}

/** The position of a snapshot of the store: exactly what the snapshot shows is delivered. */
export const inboxPointOf = ({ mark, ahead }: InboxMark): InboxPoint => ({
  mark,
  sequences: new Map(ahead.map(({ conversationId, sequence }) => [conversationId, sequence])),
})

interface Delivered {
  sequence: number
  /** How many events the inbox had delivered when this one was delivered. */
  count: number
}

/**
 * The exact position of an inbox: after each delivered event it is right after that event. The mark advances when the store
 * was read and everything that it showed is delivered. If events of more conversations than a position can list were
 * delivered since, the least recently delivered conversations are left out, and their events may be repeated after resuming.
 */
export class InboxPosition {
  #mark: CommitMark | undefined
  readonly #delivered = new Map<ConversationId, Delivered>()
  #count = 0
  #text: string | undefined

  constructor({ mark, sequences }: InboxPoint) {
    this.#mark = mark
    for (const [id, sequence] of sequences) {
      if (this.#delivered.size >= maxListed) break
      this.#delivered.set(id, { sequence, count: 0 })
    }
  }

  /** Events delivered so far. */
  get count(): number {
    return this.#count
  }

  /** Conversations listed beside the mark. */
  get listed(): number {
    return this.#delivered.size
  }

  get text(): string {
    this.#text ??= this.#write()
    return this.#text
  }

  lists(id: ConversationId): boolean {
    return this.#delivered.has(id)
  }

  delivered(id: ConversationId, sequence: number): void {
    this.#count += 1
    this.#put(id, sequence, this.#count)
  }

  /**
   * Everything that a snapshot of the store showed is delivered. The snapshot was begun after `count` delivered events:
   * those, and events up to the heads that it showed, are no longer listed.
   */
  advance({ mark, ahead }: InboxMark, count: number, heads: ReadonlyMap<ConversationId, number>): void {
    this.#mark = mark
    this.#text = undefined
    for (const [id, delivered] of this.#delivered)
      if (delivered.count <= count || delivered.sequence <= (heads.get(id) ?? -1)) this.#delivered.delete(id)
    for (const { conversationId, sequence } of ahead) this.#put(conversationId, sequence, count)
  }

  #put(id: ConversationId, sequence: number, count: number): void {
    this.#text = undefined
    const known = this.#delivered.get(id)
    if (known === undefined) {
      this.#delivered.set(id, { sequence, count })
      if (this.#delivered.size > maxListed) this.#dropOldest()
      return
    }
    known.count = Math.max(known.count, count)
    known.sequence = Math.max(known.sequence, sequence)
  }

  #dropOldest(): void {
    let oldest: ConversationId | undefined
    let least = Number.POSITIVE_INFINITY
    for (const [id, { count }] of this.#delivered)
      if (count < least) {
        oldest = id
        least = count
      }
    if (oldest !== undefined) this.#delivered.delete(oldest)
  }

  #write(): string {
    const entries = Array.from(this.#delivered, ([id, { sequence }]) => [id, sequence] as const)
    return positionText(this.#mark, entries)
  }
}
