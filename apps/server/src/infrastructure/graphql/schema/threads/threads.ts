import { parseMessageId, type User } from '@cpc-messenger/messenger'
import type { Page } from '../../../../services/reads/page.ts'
import type { ThreadParticipant } from '../../../../services/reads/thread-reads.ts'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { MessageConnectionObject } from '../messages/messages.ts'
import { timelineArguments } from '../messages/timeline-arguments.ts'
import { type Connection, connectionObject, connectionOf } from '../pagination/connections.ts'
import { type CursorList, instantAndIdAt, sequenceAt } from '../pagination/cursors.ts'
import { pageLimit, pageSize, pageSizeDescription } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import {
  ConversationObject,
  MessageObject,
  NodeInterface,
  ThreadObject,
  type ThreadShape,
  ViewerObject,
} from '../root/object-refs.ts'
import { UserConnectionObject } from '../users/users.ts'
import { threadShapeOf } from './thread-shape.ts'

const repliesList = (rootId: string): CursorList => ({ kind: 'replies', scope: rootId })
const participantsList = (rootId: string): CursorList => ({ kind: 'participants', scope: rootId })
const followedList = (userId: string): CursorList => ({ kind: 'threads', scope: userId })

const participantsPage = (
  list: CursorList,
  { rows, hasMore }: Page<ThreadParticipant>,
  previous: boolean,
): Connection<User> => {
  const page = connectionOf(rows, list, ({ firstReplySequence }) => [firstReplySequence], { next: hasMore, previous })
  return { ...page, edges: page.edges.map(({ cursor, node }) => ({ cursor, node: node.user })) }
}

builder.objectType(ThreadObject, {
  description: 'The replies under one message. It exists from the first reply on, also after all replies are deleted.',
  interfaces: [NodeInterface],
  fields: t => ({
    conversation: t.field({
      type: ConversationObject,
      description: 'The conversation of the thread.',
      resolve: ({ conversationId }, _args, { reading }) => reading.requireConversation(conversationId),
    }),
    root: t.field({
      extensions: viewerIndependent,
      type: MessageObject,
      description: 'The message to which the replies are; it may be deleted.',
      resolve: async (thread, _args, { reading }) => {
        const root = await reading.threads.root(thread)
        if (root === undefined) throw new TypeError(`the thread under ${thread.rootId} has no root`)
        return root
      },
    }),
    replyCount: t.exposeInt('replyCount', {
      extensions: viewerIndependent,
      description: 'The number of replies, without deleted ones.',
    }),
    participants: t.field({
      extensions: viewerIndependent,
      type: UserConnectionObject,
      description: 'The users who have replied, in the order of their first replies.',
      args: {
        first: t.arg.int({ description: pageSizeDescription() }),
        after: t.arg.string({ description: 'The page begins after this cursor.' }),
      },
      resolve: async (thread, args, context) => {
        const list = participantsList(thread.rootId)
        const after = args.after == null ? undefined : sequenceAt(args.after, list, 'after')
        const page = await context.reading.threads.participants(thread, after, pageLimit(context, args.first))
        return participantsPage(list, page, after !== undefined)
      },
    }),
    lastReplyAt: t.expose('lastReplyAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When the newest reply was sent, also if it is deleted.',
    }),
    viewerFollows: t.boolean({
      description: 'The viewer follows the thread: its replies count as unread.',
      resolve: async (thread, _args, { reading }) => (await reading.threads.state(thread))?.follows === true,
    }),
    readSequence: t.int({
      nullable: true,
      description:
        'The viewer has read the replies up to this sequence; null if the viewer has nothing to do with the thread. It is independent of the marker of the conversation.',
      resolve: async (thread, _args, { reading }) => (await reading.threads.state(thread))?.readSequence ?? null,
    }),
    unreadCount: t.int({
      description:
        'Replies by others after the marker, without deleted ones and those that are in the conversation too; 0 if the viewer does not follow.',
      resolve: async (thread, _args, { reading }) => (await reading.threads.unread(thread)).unread,
    }),
    unreadMentionCount: t.int({
      description:
        'Mentions of the viewer in unread replies that are only in the thread; 0 if the viewer does not follow.',
      resolve: async (thread, _args, { reading }) => (await reading.threads.unread(thread)).mentions,
    }),
    messages: t.field({
      extensions: viewerIndependent,
      type: MessageConnectionObject,
      description: 'The replies, without the root, oldest first. Without arguments: the newest 50.',
      args: {
        first: t.arg.int({ description: `The number of oldest replies, 1 to ${pageSize}.` }),
        after: t.arg.string({ description: 'The page begins after this cursor.' }),
        last: t.arg.int({
          description: `The number of newest replies, 1 to ${pageSize}; not together with \`first\`.`,
        }),
        before: t.arg.string({ description: 'The page ends before this cursor.' }),
      },
      resolve: async (thread, args, context) => {
        const list = repliesList(thread.rootId)
        const page = await context.reading.threads.replies(thread, timelineArguments(args, list, context))
        return connectionOf(page.messages, list, ({ sequence }) => [sequence], {
          next: page.hasNext,
          previous: page.hasPrevious,
        })
      },
    }),
  }),
})

const ThreadConnectionObject = connectionObject<ThreadShape>('Thread', 'threads', (t, description) =>
  t.field({ type: ThreadObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)

builder.objectFields(MessageObject, t => ({
  threadRoot: t.field({
    extensions: viewerIndependent,
    type: MessageObject,
    nullable: true,
    description: 'The root of the thread in which this message is a reply; null outside threads.',
    resolve: (message, _args, { reading }) => reading.rootOf(message),
  }),
  alsoInConversation: t.exposeBoolean('alsoInConversation', {
    extensions: viewerIndependent,
    description: "A reply in a thread that is in the conversation's timeline too.",
  }),
  thread: t.field({
    extensions: viewerIndependent,
    type: ThreadObject,
    nullable: true,
    description: 'The thread under this message; null if there was never a reply.',
    resolve: async (message, _args, { reading }) => threadShapeOf(await reading.threads.under(message)),
  }),
}))

builder.objectFields(ViewerObject, t => ({
  threads: t.field({
    type: ThreadConnectionObject,
    description: 'The threads that the viewer follows, the latest reply first.',
    args: {
      first: t.arg.int({ description: pageSizeDescription() }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
      unreadOnly: t.arg.boolean({
        required: true,
        defaultValue: false,
        description:
          'Only threads with unread replies. A page may then have fewer items than requested although more follow.',
      }),
    },
    resolve: async ({ userId }, args, context) => {
      const list = followedList(userId)
      const place = args.after == null ? undefined : instantAndIdAt(args.after, list, 'after', parseMessageId)
      const after = place && { lastReplyAt: place.instant, rootId: place.id }
      const limit = pageLimit(context, args.first)
      const page = await context.reading.threads.followed({ unreadOnly: args.unreadOnly, after, limit })
      return connectionOf(
        page.rows.map(thread => threadShapeOf(thread)),
        list,
        ({ lastReplyAt, rootId }) => [lastReplyAt, rootId],
        { next: page.hasMore, previous: after !== undefined },
        page.end && [page.end.lastReplyAt, page.end.rootId],
      )
    },
  }),
}))
