import type { Conversation } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { MembershipConnectionObject, membersList, membersPage } from '../members/memberships.ts'
import { MessageConnectionObject } from '../messages/messages.ts'
import { timelineArguments, timelineList } from '../messages/timeline-arguments.ts'
import { connectionObject, connectionOf } from '../pagination/connections.ts'
import { sequenceAt } from '../pagination/cursors.ts'
import { membersPageSize, pageLimit, pageSize, pageSizeDescription, usualPage } from '../pagination/page-arguments.ts'
import { builder } from '../root/builder.ts'
import {
  ConversationObject,
  ConversationSettingsObject,
  MembershipObject,
  MessageObject,
  NodeInterface,
  UserObject,
} from '../root/object-refs.ts'

export const ConversationKindEnum = builder.enumType('ConversationKind', {
  description: 'Who may be a member of a conversation, and how they become one.',
  values: {
    DIRECT: { description: 'Exactly two users. Creating it again returns the existing one.' },
    GROUP: { description: 'A closed group: its members add users.' },
    CHANNEL: { description: 'Every user of this server may join.' },
  } as const,
})

builder.objectType(ConversationObject, {
  description: 'A conversation. Its log has every event in it, in order.',
  interfaces: [NodeInterface],
  fields: t => ({
    kind: t.field({
      extensions: viewerIndependent,
      type: ConversationKindEnum,
      description: 'Who may be a member.',
      resolve: ({ kind }) => kind,
    }),
    name: t.exposeString('name', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'One line of 1 to 100 characters, or null. A DIRECT conversation has none.',
    }),
    topic: t.exposeString('topic', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'The subject: one line of 1 to 1000 characters, or null.',
    }),
    heroes: t.field({
      type: [UserObject],
      description: 'Up to five other members, to display for a conversation without a name.',
      resolve: ({ id }, _args, { reading }) => reading.heroes(id),
    }),
    createdAt: t.expose('createdAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When it was created.',
    }),
    updatedAt: t.expose('updatedAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When its name, topic or settings last changed.',
    }),
    lastActivityAt: t.expose('lastActivityAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description:
        'When the last message of the timeline was sent, or else when the conversation was created. Lists are sorted by it.',
    }),
    key: t.exposeString('key', {
      extensions: viewerIndependent,
      nullable: true,
      description: "The integrator's own key, unique on this server; 1 to 128 characters.",
    }),
    metadata: t.expose('metadata', {
      extensions: viewerIndependent,
      type: 'JSON',
      nullable: true,
      description: "The integrator's own data. Admins set it.",
    }),
    lastSequence: t.exposeInt('lastSequence', {
      extensions: viewerIndependent,
      description: "The sequence of the newest event of this conversation's log; 0 while it is empty.",
    }),
    settings: t.field({
      extensions: viewerIndependent,
      type: ConversationSettingsObject,
      description: 'The rules of this conversation.',
      resolve: ({ settings }) => settings,
    }),
    memberCount: t.exposeInt('memberCount', {
      extensions: viewerIndependent,
      description: 'The current number of members.',
    }),
  }),
})

builder.objectFields(ConversationObject, t => ({
  members: t.field({
    extensions: viewerIndependent,
    type: MembershipConnectionObject,
    description: 'The members, in the order in which they joined.',
    args: {
      first: t.arg.int({ description: pageSizeDescription(membersPageSize) }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
      search: t.arg.string({
        description:
          'Only members whose display name or id starts with this, ignoring case. A page may then have fewer items than requested, even none, although more follow.',
      }),
    },
    resolve: async ({ id }, args, context) => {
      const { reading } = context
      const after = args.after == null ? undefined : sequenceAt(args.after, membersList(id), 'after')
      const limit = pageLimit(context, args.first, 'first', membersPageSize)
      return membersPage(id, await reading.members(id, { after, search: args.search ?? undefined, limit }), after)
    },
  }),
  viewerMembership: t.field({
    type: MembershipObject,
    nullable: true,
    description: "The viewer's own membership; null if the viewer has not joined this CHANNEL.",
    resolve: ({ id }, _args, { reading }) => reading.viewerMembership(id),
  }),
  messages: t.field({
    type: MessageConnectionObject,
    description: `The timeline, oldest first. Without arguments: the newest ${usualPage} messages. \`around\` and \`aroundSequence\` centre the page on one message; \`afterSequence\` and \`beforeSequence\` page from a position in the log. Members may read all of it, including what was sent before they joined; every user of the server may read a CHANNEL.`,
    args: {
      first: t.arg.int({
        description: `The number of oldest messages, 1 to ${pageSize}; with \`around\`: the page size.`,
      }),
      after: t.arg.string({ description: 'The page begins after this cursor.' }),
      last: t.arg.int({ description: `The number of newest messages, 1 to ${pageSize}; not together with \`first\`.` }),
      before: t.arg.string({ description: 'The page ends before this cursor.' }),
      around: t.arg.id({ description: 'A message of this conversation to centre the page on.' }),
      aroundSequence: t.arg.int({ description: 'A sequence, 0 to 2147483647, to centre the page on.' }),
      afterSequence: t.arg.int({ description: 'Only messages with a greater sequence, 0 to 2147483647.' }),
      beforeSequence: t.arg.int({ description: 'Only messages with a smaller sequence, 0 to 2147483647.' }),
    },
    resolve: async (conversation, args, context) => {
      const list = timelineList(conversation.id)
      const page = await context.reading.timeline(conversation, timelineArguments(args, list, context))
      return connectionOf(page.messages, list, ({ sequence }) => [sequence], {
        next: page.hasNext,
        previous: page.hasPrevious,
      })
    },
  }),
  lastMessage: t.field({
    extensions: viewerIndependent,
    type: MessageObject,
    nullable: true,
    description: 'The newest message of the timeline, including deleted and system messages.',
    resolve: ({ id }, _args, { reading }) => reading.lastMessage(id),
  }),
}))

export const ConversationConnectionObject = connectionObject<Conversation>(
  'Conversation',
  'conversations',
  (t, description) =>
    t.field({ type: ConversationObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)
