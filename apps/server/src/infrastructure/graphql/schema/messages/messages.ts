import { type Message, requireEmoji } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { connectionObject, connectionOf } from '../pagination/connections.ts'
import { sequenceAt } from '../pagination/cursors.ts'
import { pageLimit, pageSizeDescription } from '../pagination/page-arguments.ts'
import { placeOfReaction, ReactionConnectionObject, reactorsList } from '../reactions/reactions.ts'
import { builder } from '../root/builder.ts'
import {
  ConversationObject,
  MessageContentInterface,
  MessageObject,
  NodeInterface,
  ReactionSummaryObject,
  UserObject,
} from '../root/object-refs.ts'
import { MessageRevisionConnectionObject, placeOfRevision, revisionsList } from './revisions.ts'

builder.objectType(MessageObject, {
  description: 'A message of a conversation. It keeps its position in the timeline when it is edited or deleted.',
  interfaces: [NodeInterface],
  fields: t => ({
    conversation: t.field({
      type: ConversationObject,
      description: 'The conversation of the message.',
      resolve: ({ conversationId }, _args, { reading }) => reading.requireConversation(conversationId),
    }),
    sequence: t.exposeInt('sequence', {
      extensions: viewerIndependent,
      description: "The sequence of this message's MessageCreated event.",
    }),
    changedSequence: t.exposeInt('changedSequence', {
      extensions: viewerIndependent,
      description:
        'The sequence of the newest event about this message. Of two copies, the one with the higher value is newer.',
    }),
    author: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      nullable: true,
      description: 'Who sent it; for SystemContent the user who caused it, null if the server did.',
      resolve: ({ authorId }, _args, { reading }) => (authorId === null ? null : reading.getUser(authorId)),
    }),
    content: t.field({
      extensions: viewerIndependent,
      type: MessageContentInterface,
      description: 'The current content.',
      resolve: ({ content }) => content,
    }),
    metadata: t.expose('metadata', {
      extensions: viewerIndependent,
      type: 'JSON',
      nullable: true,
      description: "The sender's own data, unchanged; null once the message is deleted.",
    }),
    createdAt: t.expose('createdAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When it was sent.',
    }),
    updatedAt: t.expose('updatedAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      nullable: true,
      description: 'When it was last edited or deleted; null if it never was.',
    }),
    deletedAt: t.expose('deletedAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      nullable: true,
      description: 'When it was deleted; null if it is not.',
    }),
    version: t.exposeInt('version', {
      extensions: viewerIndependent,
      description: '1 when sent; each edit and the deletion add 1.',
    }),
    clientMessageId: t.exposeString('clientMessageId', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'The key with which its author sent it, if any. A client finds its own optimistic copy by it.',
    }),
    replyTo: t.field({
      extensions: viewerIndependent,
      type: MessageObject,
      nullable: true,
      description: 'The quoted message.',
      resolve: (message, _args, { reading }) => reading.quoted(message),
    }),
    reactions: t.field({
      extensions: viewerIndependent,
      type: [ReactionSummaryObject],
      description: 'One entry for each emoji, in the order of their first use.',
      resolve: (message, _args, { reading }) => reading.reactions(message),
    }),
    reactors: t.field({
      extensions: viewerIndependent,
      type: ReactionConnectionObject,
      description: 'The reactions, oldest first.',
      args: {
        emoji: t.arg.string({ description: 'Only the reactions with this emoji.' }),
        first: t.arg.int({ description: pageSizeDescription() }),
        after: t.arg.string({ description: 'The page begins after this cursor.' }),
      },
      resolve: async ({ id }, args, context) => {
        const emoji = args.emoji ?? undefined
        if (emoji !== undefined) requireEmoji(emoji)
        const list = reactorsList(id, emoji)
        const after = args.after == null ? undefined : sequenceAt(args.after, list, 'after')
        const page = await context.reading.reactors(id, emoji, after, pageLimit(context, args.first))
        return connectionOf(page.rows, list, placeOfReaction, { next: page.hasMore, previous: after !== undefined })
      },
    }),
    revisions: t.field({
      type: MessageRevisionConnectionObject,
      nullable: true,
      description:
        'Every version of this message that is kept, oldest first, the current one last. Null with FORBIDDEN if the viewer may not read them: see HistoryVisibility.',
      args: {
        first: t.arg.int({ description: pageSizeDescription() }),
        after: t.arg.string({ description: 'The page begins after this cursor.' }),
      },
      resolve: async ({ id }, args, context) => {
        const list = revisionsList(id)
        const after = args.after == null ? undefined : sequenceAt(args.after, list, 'after')
        const page = await context.reading.revisions(id, after, pageLimit(context, args.first))
        return connectionOf(page.rows, list, placeOfRevision, { next: page.hasMore, previous: after !== undefined })
      },
    }),
  }),
})

export const MessageConnectionObject = connectionObject<Message>('Message', 'messages', (t, description) =>
  t.field({ type: MessageObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)
