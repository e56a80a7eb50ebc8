import { badInput, type ConversationId, type MessageStore } from '@cpc-messenger/messenger'
import { laterInboxPosition, laterSequences } from '../../../delivery/inbox/inbox-position.ts'
import type { InboxStart, LogStart } from '../../../delivery/streams/subscription-service.ts'
import type { ResumePoint } from '../operations/caller.ts'

/** A position without an epoch is taken to be of the current one. */
const isOf = (epoch: string | undefined, current: string): boolean => epoch === undefined || epoch === current

/**
 * The later of an operation's own position and its connection's. A client that subscribes again with its original variables has
 * an outdated position in them, and perhaps an outdated epoch.
 */
export const laterLogStart = (
  own: LogStart,
  conversationId: ConversationId | undefined,
  resume: ResumePoint | undefined,
  epoch: string,
): LogStart => {
  const position = resume?.sequence ?? (conversationId && resume?.positions.get(conversationId))
  if (resume === undefined || position === undefined) return { ...own, epoch: own.epoch ?? resume?.epoch }
  const other: LogStart = { after: position, epoch: resume.epoch ?? own.epoch }
  if (own.after === undefined || !isOf(own.epoch ?? resume.epoch, epoch)) return other
  if (!isOf(other.epoch, epoch)) return own
  return { after: Math.max(own.after, position), epoch: other.epoch }
}

const laterPositions = (
  own: ReadonlyMap<ConversationId, number> | undefined,
  other: ReadonlyMap<ConversationId, number>,
): ReadonlyMap<ConversationId, number> | undefined =>
  own === undefined && other.size === 0 ? undefined : laterSequences(own ?? new Map(), other)

/** Like `laterLogStart`, for each conversation and for the inbox's position. */
export const laterInboxStart = (
  own: InboxStart,
  resume: ResumePoint | undefined,
  store: Pick<MessageStore, 'epoch' | 'laterMark'>,
): InboxStart => {
  if (resume === undefined) return own
  if (resume.sequence !== undefined) throw badInput('Last-Event-ID', 'Last-Event-ID is not of an inbox.')
  const { epoch } = store
  const { from, positions } = resume
  const moved = from !== undefined || positions.size > 0
  const other: InboxStart = {
    from,
    after: positions.size > 0 ? positions : undefined,
    epoch: resume.epoch ?? own.epoch,
  }
  if (!moved) return { ...own, epoch: own.epoch ?? resume.epoch }
  if ((own.after === undefined && own.from === undefined) || !isOf(own.epoch ?? resume.epoch, epoch)) return other
  if (!isOf(other.epoch, epoch)) return own
  return {
    after: laterPositions(own.after, positions),
    from: own.from !== undefined && from !== undefined ? laterInboxPosition(own.from, from, store) : (own.from ?? from),
    epoch: other.epoch,
  }
}
