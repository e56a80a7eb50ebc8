import type { Announcement, ConversationId, MembershipNotice, Message, UserId } from '@cpc-messenger/messenger'
import { isListOf } from '../../tables/definition/shape.ts'
import { parsePayload } from './parse-payload.ts'
import { isEvent, isEventRows, isNotice, isSequence } from './row-shapes.ts'

const isListOfEvents = isListOf(isEvent)

/** If an announcement is larger, only the head is sent. */
export const maxMessageBytes = 65_536

/** A message to the listeners of a conversation. */
type SaidOfConversation =
  | { readonly kind: 'announcement'; readonly announcement: Announcement }
  | { readonly kind: 'head'; readonly head: number }

const lengthOf = ({ content }: Message): number => (content.kind === 'deleted' ? 0 : content.text.length)

/** Encodes an announcement, or only its head if it would exceed `maxBytes`. */
export const encodeAnnouncement = (announcement: Announcement, maxBytes = maxMessageBytes): Uint8Array => {
  const { conversationId, events, rows, trace } = announcement
  // Do not encode what is certainly too large.
  if (rows.messages.reduce((sum, message) => sum + lengthOf(message), 0) <= maxBytes) {
    const bytes = Buffer.from(JSON.stringify({ conversationId, events, rows, trace }))
    if (bytes.length <= maxBytes) return bytes
  }
  return Buffer.from(JSON.stringify({ conversationId, head: events.at(-1)?.sequence ?? 0 }))
}

export const encodeNotice = (notice: MembershipNotice): Uint8Array => Buffer.from(JSON.stringify({ notice }))

/** Undefined if the format is unknown or the conversation is another one. */
export const decodeOfConversation = (
  bytes: Uint8Array,
  conversationId: ConversationId,
): SaidOfConversation | undefined => {
  const said = parsePayload(bytes)
  if (said === undefined || said.conversationId !== conversationId) return undefined
  const { head, events, rows, trace } = said
  if (isSequence(head) && events === undefined) return { kind: 'head', head }
  if (!isListOfEvents(events) || !isEventRows(rows)) return undefined
  const announcement = { conversationId, events, rows, ...(isTrace(trace) ? { trace } : {}) }
  return isWhole(announcement) ? { kind: 'announcement', announcement } : undefined
}

/** Undefined if the format is unknown or the user is another one. */
export const decodeNotice = (bytes: Uint8Array, userId: UserId): MembershipNotice | undefined => {
  const notice = parsePayload(bytes)?.notice
  return isNotice(notice) && notice.userId === userId ? notice : undefined
}

/** An invalid trace context is dropped: only a span is lost. */
const isTrace = (trace: unknown): trace is string =>
  typeof trace === 'string' && /^00-[\da-f]{32}-[\da-f]{16}-0[01]$/.test(trace)

/** At least one event, all of one conversation, without a gap. */
const isWhole = ({ conversationId, events, rows }: Announcement): boolean => {
  const first = events[0]?.sequence
  if (first === undefined) return false
  const { messages, memberships, conversations } = rows
  return (
    events.every((event, index) => event.sequence === first + index && event.conversationId === conversationId) &&
    messages.every(message => message.conversationId === conversationId) &&
    memberships.every(membership => membership.conversationId === conversationId) &&
    conversations.every(({ id }) => id === conversationId)
  )
}
