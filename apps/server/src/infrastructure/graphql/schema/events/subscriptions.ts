import { type ConversationId, parseConversationId } from '@cpc-messenger/messenger'
import { followConversation, followInbox, followReactions } from '../../subscriptions/follow.ts'
import type { SourceItem } from '../../subscriptions/subscription-source.ts'
import { optionalSequence } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, messageIdOf } from '../root/ids.ts'
import { ReactionStreamItemUnion, StreamItemUnion } from './stream-items.ts'

const ConversationPositionInput = builder.inputType('ConversationPosition', {
  description: "How far a client has come in one conversation's log.",
  fields: t => ({
    conversationId: t.id({ required: true, description: 'Whose log.' }),
    sequence: t.int({ required: true, description: 'The last event that the client has, 0 to 2147483647.' }),
  }),
})

const afterDescription =
  'The sequence of the last event that the client has, 0 to 2147483647: what follows is replayed. Without it: from now.'
const epochDescription = 'The epoch that the position was read in: of another one it is RESYNC.'

/** A position that was bad is told as an error of this one item: the stream goes on. */
const itemOf = (item: SourceItem) => {
  if (item.kind === 'refused') throw item.refusal
  return item
}

/** The positions by conversation, and the ids that are of no conversation at all. */
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
    '`after` and `from` replay before going live, without them a subscription starts from now. `epoch` is the one that the position was read in. A position may also be given in `connection_init`: then a subscription starts at the later of the two, which lets any client resume whose library subscribes again with its first variables.',
  fields: t => ({
    reactionEvents: t.field({
      type: ReactionStreamItemUnion,
      description: 'The reactions to one message.',
      args: {
        messageId: t.arg.id({ required: true, description: 'Of the message.' }),
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
      description: "Everything in one conversation's log.",
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
    inboxEvents: t.field({
      type: StreamItemUnion,
      description:
        "Everything in all of the viewer's conversations, those joined later included. With `from` (an inboxPosition or a StreamPosition's position) all that came after it is replayed; near that position something may come a second time, which a client knows by its sequence. With `after` exactly what follows each position is replayed; a conversation that is not in the list is one that the client does not know yet: it is replayed from the viewer's own MemberJoined. For one that the viewer has left meanwhile the MemberLeft comes and nothing else. One bad position is told by RESYNC with `extensions.conversationIds` and does not end the others.",
      args: {
        after: t.arg({
          type: [ConversationPositionInput],
          description: 'How far the client has come in each conversation that it knows.',
        }),
        from: t.arg.string({ description: 'A position of the inbox as a whole.' }),
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
