import { type ConversationId, type MessageId, resync } from '@cpc-messenger/messenger'
import { invalidPosition } from '../../../delivery/log/epoch.ts'
import type { EventStream } from '../../../delivery/streams/event-stream.ts'
import type { InboxStart, LogStart } from '../../../delivery/streams/subscription-service.ts'
import { ViewerReads } from '../../../services/reads/viewer-reads.ts'
import type { OperationContext } from '../operations/operation-context.ts'
import { EventSource } from './event-source.ts'
import { laterInboxStart, laterLogStart } from './resuming.ts'

export const followConversation = (
  { dependencies, caller, actor }: OperationContext,
  conversationId: ConversationId,
  start: LogStart,
): Promise<EventSource> => {
  const from = laterLogStart(start, conversationId, caller.resume, dependencies.store.epoch)
  return EventSource.open({
    dependencies,
    caller,
    endsWithLog: true,
    follow: stream => dependencies.subscriptionService.follow(stream, actor, conversationId, from),
  })
}

/** The conversation of the message, if the client has positions to resume from. */
const conversationOf = async (
  { dependencies, actor, caller }: OperationContext,
  messageId: MessageId,
): Promise<ConversationId | undefined> => {
  if (caller.resume === undefined || caller.resume.positions.size === 0) return undefined
  return (await new ViewerReads(actor, dependencies.store.latest).message(messageId))?.conversationId
}

/** Follows a part of the log of a message's conversation: the reactions to it, or the thread under it. */
const followPart = async (
  context: OperationContext,
  messageId: MessageId,
  start: LogStart,
  follow: (stream: EventStream, from: LogStart) => Promise<number>,
): Promise<EventSource> => {
  const { dependencies, caller } = context
  const conversationId = await conversationOf(context, messageId)
  const from = laterLogStart(start, conversationId, caller.resume, dependencies.store.epoch)
  return EventSource.open({ dependencies, caller, endsWithLog: true, follow: stream => follow(stream, from) })
}

export const followReactions = (
  context: OperationContext,
  messageId: MessageId,
  start: LogStart,
): Promise<EventSource> => {
  const { dependencies, actor } = context
  return followPart(context, messageId, start, (stream, from) =>
    dependencies.subscriptionService.followReactions(stream, actor, messageId, from),
  )
}

export const followThread = (context: OperationContext, rootId: MessageId, start: LogStart): Promise<EventSource> => {
  const { dependencies, actor } = context
  return followPart(context, rootId, start, (stream, from) =>
    dependencies.subscriptionService.followThread(stream, actor, rootId, from),
  )
}

/** `unknown`: texts among the positions that are not conversation ids. They are refused like hidden conversations. */
export const followInbox = async (
  { dependencies, caller }: OperationContext,
  start: InboxStart,
  unknown: readonly string[],
): Promise<EventSource> => {
  const from = laterInboxStart(start, caller.resume, dependencies.store)
  return EventSource.open({
    dependencies,
    caller,
    endsWithLog: false,
    follow: async stream => {
      await dependencies.subscriptionService.followInbox(stream, from)
      if (unknown.length > 0) stream.push({ kind: 'refused', refusal: resync(invalidPosition, unknown) })
    },
  })
}
