import { type ConversationId, parseConversationId } from '@cpc-messenger/messenger'
import { followConversation, followInbox, followReactions, followThread } from '../../subscriptions/follow.ts'
import type { SourceItem } from '../../subscriptions/subscription-source.ts'
import { optionalSequence } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, messageIdOf } from '../root/ids.ts'
import { ReactionStreamItemUnion, StreamItemUnion } from './stream-items.ts'

const ConversationPositionInput = builder.inputType('ConversationPosition', {
  description: "The position of a client in one conversation's log.",
  fields: t => ({
    conversationId: t.id({ required: true, description: 'The conversation.' }),
    sequence: t.int({
      required: true,
      description: 'The sequence of the last event that the client has, 0 to 2147483647.',
    }),
  }),
})

const afterDescription =
  'The sequence of the last event that the client has, 0 to 2147483647: later events are replayed. Absent: no replay.'
const epochDescription = 'The epoch in which the position was read. A different epoch is refused with RESYNC.'

/** A refused position is an error of this one item; the stream continues. */
const itemOf = (item: SourceItem) => {
  if (item.kind === 'refused') throw item.refusal
  if (item.kind === 'signal') throw new TypeError('a log has no signals')
  return item
}

/** The positions by conversation, and the texts that are not conversation ids. */
const positionsOf = (list: readonly { readonly conversationId: string; readonly sequence: number }[]) => {
  const after = new Map<ConversationId, number>()
  const unknown: string[] = []
  for (const { conversationId: text, sequence } of list) {
    const position = optionalSequence(sequence, 'after.sequence') ?? 0
    const conversationId = parseConversationId(text)
    if (conversationId === undefined) unknown.push(text)
    else after.set(conversationId, position)
  }
  return { after, unknown }
}

builder.subscriptionType({
  description:
    'With `after` or `from`, a subscription replays events and then goes live; without them it starts live. `epoch` is the epoch in which the position was read. A position may also be sent in `connection_init`: a subscription starts at the later of the two, so that clients whose library subscribes again with the original variables can resume.',
  fields: t => ({
    reactionEvents: t.field({
      type: ReactionStreamItemUnion,
      description: 'The reactions to one message.',
      args: {
        messageId: t.arg.id({ required: true, description: 'The id of the message.' }),
        after: t.arg.int({ description: afterDescription }),
        epoch: t.arg.id({ description: epochDescription }),
      },
      subscribe: (_root, { messageId, after, epoch }, context) =>
        followReactions(context, messageIdOf(messageId), {
          after: optionalSequence(after, 'after'),
          epoch: epoch ?? undefined,
        }),
      resolve: itemOf,
    }),
    conversationEvents: t.field({
      type: StreamItemUnion,
      description: "All events of one conversation's log.",
      args: {
        conversationId: t.arg.id({ required: true, description: 'A conversation that the viewer is a member of.' }),
        after: t.arg.int({ description: afterDescription }),
        epoch: t.arg.id({ description: epochDescription }),
      },
      subscribe: (_root, { conversationId, after, epoch }, context) =>
        followConversation(context, conversationIdOf(conversationId), {
          after: optionalSequence(after, 'after'),
          epoch: epoch ?? undefined,
        }),
      resolve: itemOf,
    }),
    threadEvents: t.field({
      type: StreamItemUnion,
      description: "One thread: the events of its root and of every reply. It ends with the viewer's membership.",
      args: {
        rootMessageId: t.arg.id({ required: true, description: 'A message that is not a reply itself.' }),
        after: t.arg.int({ description: afterDescription }),
        epoch: t.arg.id({ description: epochDescription }),
      },
      subscribe: (_root, { rootMessageId, after, epoch }, context) =>
        followThread(context, messageIdOf(rootMessageId), {
          after: optionalSequence(after, 'after'),
          epoch: epoch ?? undefined,
        }),
      resolve: itemOf,
    }),
    inboxEvents: t.field({
      type: StreamItemUnion,
      description:
        "All events of the viewer's conversations, including those joined later. With `from` (an inboxPosition or a StreamPosition's position), all later events are replayed; events near that position may be sent twice, which a client detects by their sequence. With `after`, exactly the events after each position are replayed; a conversation that is not in the list is unknown to the client and is replayed from the viewer's own MemberJoined. For a conversation that the viewer has left meanwhile, only MemberLeft is sent. A position that cannot be used gives the error RESYNC with `extensions.conversationIds` and does not end the others.",
      args: {
        after: t.arg({
          type: [ConversationPositionInput],
          description: 'The position of the client in each conversation that it knows.',
        }),
        from: t.arg.string({ description: 'A position of the whole inbox.' }),
        epoch: t.arg.id({ description: epochDescription }),
      },
      subscribe: (_root, { after: list, from, epoch }, context) => {
        const { after, unknown } = list == null ? { after: undefined, unknown: [] } : positionsOf(list)
        return followInbox(context, { after, from: from ?? undefined, epoch: epoch ?? undefined }, unknown)
      },
      resolve: itemOf,
    }),
  }),
})
