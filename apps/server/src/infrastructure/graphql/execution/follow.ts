import { type ConversationId, type MessageId, resync } from '@cpc-messenger/messenger'
import type { InboxStart, LogStart } from '../../../delivery/deliveries.ts'
import { aheadOfLog } from '../../../delivery/inbox-places.ts'
import { Reading } from '../../../services/reading.ts'
import type { OperationContext } from './operation-context.ts'
import { laterInboxStart, laterLogStart } from './resuming.ts'
import { StreamPlace } from './stream-place.ts'
import { SubscriptionSource } from './subscription-source.ts'

const placeOf = ({ store }: OperationContext['parts'], caller: OperationContext['caller']): StreamPlace | undefined =>
  caller.keepsPlace ? new StreamPlace(store.epoch) : undefined

export const followConversation = (
  { parts, caller, actor }: OperationContext,
  conversationId: ConversationId,
  start: LogStart,
): Promise<SubscriptionSource> => {
  const from = laterLogStart(start, conversationId, caller.resume, parts.store.epoch)
  return SubscriptionSource.open({
    parts,
    caller,
    endsWithLog: true,
    place: placeOf(parts, caller),
    follow: stream => parts.deliveries.follow(stream, actor, conversationId, from),
  })
}

/** The conversation of the message says which of the positions counts. */
const conversationOf = async (
  { parts, actor, caller }: OperationContext,
  messageId: MessageId,
): Promise<ConversationId | undefined> => {
  if (caller.resume === undefined || caller.resume.positions.size === 0) return undefined
  return (await new Reading(actor, parts.store.latest).message(messageId))?.conversationId
}

export const followReactions = async (
  context: OperationContext,
  messageId: MessageId,
  start: LogStart,
): Promise<SubscriptionSource> => {
  const { parts, caller, actor } = context
  const conversationId = await conversationOf(context, messageId)
  const from = laterLogStart(start, conversationId, caller.resume, parts.store.epoch)
  return SubscriptionSource.open({
    parts,
    caller,
    endsWithLog: true,
    place: placeOf(parts, caller),
    follow: stream => parts.deliveries.followReactions(stream, actor, messageId, from),
  })
}

/** `unknown` are ids among the positions that are of no conversation at all: that is told as of those that are hidden. */
export const followInbox = async (
  { parts, caller }: OperationContext,
  start: InboxStart,
  unknown: readonly string[],
): Promise<SubscriptionSource> => {
  const from = laterInboxStart(start, caller.resume, parts.store)
  return SubscriptionSource.open({
    parts,
    caller,
    endsWithLog: false,
    place: placeOf(parts, caller),
    follow: async stream => {
      await parts.deliveries.followInbox(stream, from)
      if (unknown.length > 0) stream.tell({ kind: 'refused', refusal: resync(aheadOfLog, unknown) })
    },
  })
}
