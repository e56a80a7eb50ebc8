import type { CommitMark, ConversationId } from '@cpc-messenger/messenger'
import { parseConversationId } from '@cpc-messenger/messenger'
import type { StreamItem } from '../../../delivery/stream-item.ts'
import type { ResumePoint } from './caller.ts'

/** Where a stream stands, as one text to come back with: nothing after it is missed. */
export interface StreamPlace {
  /** An item was handed on. */
  passed(item: StreamItem): void
  /** Undefined while there is no place that would be safe to come back to. */
  readonly text: string | undefined
}

const encode = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

/** Of a stream whose client is told where it stands by the items only. */
export const untoldPlace: StreamPlace = { passed: () => undefined, text: undefined }

/** Of one conversation's log: `SEQUENCE@EPOCH`. */
export class LogPlace implements StreamPlace {
  readonly #epoch: string
  #sequence: number | undefined

  constructor(epoch: string) {
    this.#epoch = epoch
  }

  passed(item: StreamItem): void {
    if (item.kind === 'event') this.#sequence = item.event.sequence
    else if (item.kind === 'position') this.#sequence = item.sequence
  }

  get text(): string | undefined {
    return this.#sequence === undefined ? undefined : `${this.#sequence}@${this.#epoch}`
  }
}

/** Conversations whose own places go into the text; of others something may come a second time. */
const listed = 16

/**
 * Of an inbox: its last mark, and how far the conversations have come that events came of since. Without a mark, only a
 * list of positions that came with the subscription makes that complete; they come again with it.
 */
export class InboxPlace implements StreamPlace {
  readonly #epoch: string
  #mark: CommitMark | undefined
  readonly #since = new Map<ConversationId, number>()

  constructor(epoch: string, mark: CommitMark | undefined) {
    this.#epoch = epoch
    this.#mark = mark
  }

  passed(item: StreamItem): void {
    if (item.kind === 'event') {
      const { conversationId, sequence } = item.event
      this.#since.delete(conversationId)
      this.#since.set(conversationId, sequence)
      const [oldest] = this.#since.keys()
      if (this.#since.size > listed && oldest !== undefined) this.#since.delete(oldest)
    } else if (item.kind === 'position') {
      this.#mark = item.position
      this.#since.clear()
    }
  }

  get text(): string | undefined {
    if (this.#mark === undefined && this.#since.size === 0) return undefined
    return encode([this.#epoch, this.#mark ?? null, ...this.#since])
  }
}

/** How far a text of a `StreamPlace` says that the client has come; of one log only a number, with or without its epoch. */
export type Place =
  | { readonly kind: 'log'; readonly sequence: number; readonly epoch: string | undefined }
  | { readonly kind: 'inbox'; readonly resume: ResumePoint }

const logPlace = /^(\d{1,10})(?:@([\w-]{1,100}))?$/

const decode = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const positionOf = (entry: unknown): readonly [ConversationId, number] | undefined => {
  if (!Array.isArray(entry)) return undefined
  const [idText, sequence] = entry
  const id = typeof idText === 'string' ? parseConversationId(idText) : undefined
  return id !== undefined && Number.isSafeInteger(sequence) ? [id, Number(sequence)] : undefined
}

/** Undefined for a text that is no place. */
export const parsePlace = (text: string): Place | undefined => {
  const [, sequence, logEpoch] = logPlace.exec(text) ?? []
  if (sequence !== undefined) return { kind: 'log', sequence: Number(sequence), epoch: logEpoch }
  const parts = decode(text)
  if (!Array.isArray(parts)) return undefined
  const [epoch, mark, ...since] = parts
  const positions = since.flatMap(entry => {
    const position = positionOf(entry)
    return position === undefined ? [] : [position]
  })
  if (typeof epoch !== 'string' || (mark !== null && typeof mark !== 'string')) return undefined
  if (positions.length !== since.length) return undefined
  return { kind: 'inbox', resume: { epoch, from: mark ?? undefined, positions: new Map(positions) } }
}
