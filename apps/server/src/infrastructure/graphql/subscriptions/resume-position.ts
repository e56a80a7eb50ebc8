import type { ConversationId } from '@cpc-messenger/messenger'
import { parseConversationId } from '@cpc-messenger/messenger'
import { parseInboxPosition } from '../../../delivery/inbox/inbox-position.ts'
import type { StreamItem } from '../../../delivery/log/stream-item.ts'
import type { ResumePoint } from '../operations/caller.ts'

/**
 * The position of a stream after each item that was taken from it: `SEQUENCE@EPOCH` for one log, `POSITION@EPOCH` for an
 * inbox. Items may be delivered later than they are taken, and others may be taken meanwhile.
 */
export class ResumePosition {
  readonly #epoch: string
  readonly #taken: { readonly item: StreamItem; readonly text: string | undefined }[] = []
  #text: string | undefined

  constructor(epoch: string) {
    this.#epoch = epoch
  }

  /** The position after the last delivered item; undefined if none was delivered yet. */
  get text(): string | undefined {
    return this.#text
  }

  /** `inbox` is the position of the stream's inbox right after the item; empty if there is none yet. */
  took(item: StreamItem, inbox: string | undefined): void {
    const place = inbox ?? sequenceOf(item)
    this.#taken.push({ item, text: place === '' ? undefined : `${place}@${this.#epoch}` })
  }

  handedOn(item: StreamItem): void {
    for (let taken = this.#taken.shift(); taken !== undefined; taken = this.#taken.shift()) {
      this.#text = taken.text ?? this.#text
      if (taken.item === item) return
    }
  }
}

const sequenceOf = (item: StreamItem): string => {
  if (item.kind === 'event') return String(item.event.sequence)
  return item.kind === 'position' ? String(item.sequence) : ''
}

/** A parsed resume position. The text for one log may be only a number, without an epoch. */
type ParsedResumePosition =
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

/** The format of earlier versions: `[EPOCH, MARK or null, [CONVERSATION, SEQUENCE], …]` in base64url. */
const parseOldInboxPlace = (text: string): ResumePoint | undefined => {
  const parts = decode(text)
  if (!Array.isArray(parts)) return undefined
  const [epoch, mark, ...since] = parts
  const positions = since.flatMap(entry => {
    const position = positionOf(entry)
    return position === undefined ? [] : [position]
  })
  if (typeof epoch !== 'string' || (mark !== null && typeof mark !== 'string')) return undefined
  if (positions.length !== since.length) return undefined
  return { epoch, from: mark ?? undefined, positions: new Map(positions) }
}

const inboxPlace = /^(.{1,4096})@([\w-]{1,100})$/

const parseInboxPlace = (text: string): ResumePoint | undefined => {
  const [, position = '', epoch] = inboxPlace.exec(text) ?? []
  const point = parseInboxPosition(position)
  if (epoch === undefined || point === undefined) return undefined
  if (point.mark === undefined) return { epoch, positions: point.sequences }
  return { epoch, from: position, positions: new Map() }
}

/** Undefined if the text is not a resume position. */
export const parseResumePosition = (text: string): ParsedResumePosition | undefined => {
  const [, sequence, logEpoch] = logPlace.exec(text) ?? []
  if (sequence !== undefined) return { kind: 'log', sequence: Number(sequence), epoch: logEpoch }
  const resume = text.includes('@') ? parseInboxPlace(text) : parseOldInboxPlace(text)
  return resume && { kind: 'inbox', resume }
}
