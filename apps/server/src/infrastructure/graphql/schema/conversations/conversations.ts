import type { Conversation } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { MembershipConnectionObject, membersList, membersPage } from '../members/memberships.ts'
import { MessageConnectionObject } from '../messages/messages.ts'
import { timelineArguments, timelineList } from '../messages/timeline-arguments.ts'
import { connectionObject, connectionOf } from '../pagination/connections.ts'
import { sequenceAt } from '../pagination/cursors.ts'
import { membersPageSize, pageLimit } from '../pagination/page-arguments.ts'
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
  description: 'Who is in a conversation, and how they get in.',
  values: {
    DIRECT: { description: 'Exactly two people. Creating it again returns the one that exists.' },
    GROUP: { description: 'A closed group: people are added by its members.' },
    CHANNEL: { description: 'Open to join for every user of this server.' },
  } as const,
})

builder.objectType(ConversationObject, {
  description: 'Where people talk. Its log holds everything that happened in it, in order.',
  interfaces: [NodeInterface],
  fields: t => ({
    kind: t.field({
      extensions: viewerIndependent,
      type: ConversationKindEnum,
      description: 'Who may be in it.',
      resolve: ({ kind }) => kind,
    }),
    name: t.exposeString('name', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'One line of 1 to 100 characters; null where it has none, as a DIRECT one never has.',
    }),
    topic: t.exposeString('topic', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'What it is about: one line of 1 to 1000 characters, or null.',
    }),
    heroes: t.field({
      type: [UserObject],
      description: 'Up to five other members, to name a conversation that has no name.',
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
        'When the last message of its timeline was sent (else when it was created): lists are ordered by it.',
    }),
    key: t.exposeString('key', {
      extensions: viewerIndependent,
      nullable: true,
      description: "The integrator's own name for it, unique on this server; 1 to 128 characters.",
    }),
    metadata: t.expose('metadata', {
      extensions: viewerIndependent,
      type: 'JSON',
      nullable: true,
      description: "The integrator's own data; admins set it.",
    }),
    lastSequence: t.exposeInt('lastSequence', {
      extensions: viewerIndependent,
      description: "The sequence of the newest event of this conversation's log; 0 while it is empty.",
    }),
    settings: t.field({
      extensions: viewerIndependent,
      type: ConversationSettingsObject,
      description: 'The rules that hold here.',
      resolve: ({ settings }) => settings,
    }),
    memberCount: t.exposeInt('memberCount', {
      extensions: viewerIndependent,
      description: 'How many members it has just now.',
    }),
  }),
})

builder.objectFields(ConversationObject, t => ({
  members: t.field({
    extensions: viewerIndependent,
    type: MembershipConnectionObject,
    description: 'Who is in it, in the order of joining.',
    args: {
      first: t.arg.int({ description: 'How many, 1 to 1000; 50 where it is not given.' }),
      after: t.arg.string({ description: 'The cursor after which the page begins.' }),
      search: t.arg.string({
        description:
          'Only members whose display name or id begins with this, in any case. A page may then hold fewer than asked for, even none, and go on.',
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
    description: "The viewer's own membership; null where the viewer has not joined this CHANNEL.",
    resolve: ({ id }, _args, { reading }) => reading.viewerMembership(id),
  }),
  messages: t.field({
    type: MessageConnectionObject,
    description:
      "The conversation's own timeline, oldest first. Without arguments: the newest 50. `around` and `aroundSequence` centre the page on one message; `afterSequence` and `beforeSequence` page from a place in the log. A member reads all of it, from before they joined too; of a CHANNEL every user of the server may read it.",
    args: {
      first: t.arg.int({ description: 'The oldest so many, 1 to 100; around a message: the size of the page.' }),
      after: t.arg.string({ description: 'The cursor after which the page begins.' }),
      last: t.arg.int({ description: 'The newest so many, 1 to 100; not together with `first`.' }),
      before: t.arg.string({ description: 'The cursor before which the page ends.' }),
      around: t.arg.id({ description: 'A message of this conversation to centre the page on.' }),
      aroundSequence: t.arg.int({ description: 'A sequence, 0 to 2147483647, to centre the page on.' }),
      afterSequence: t.arg.int({ description: 'Only messages whose sequence is greater, 0 to 2147483647.' }),
      beforeSequence: t.arg.int({ description: 'Only messages whose sequence is less, 0 to 2147483647.' }),
    },
    resolve: async (conversation, args, context) => {
      const page = await context.reading.timeline(conversation, timelineArguments(args, conversation.id, context))
      return connectionOf(page.messages, timelineList(conversation.id), ({ sequence }) => [sequence], {
        next: page.hasNext,
        previous: page.hasPrevious,
      })
    },
  }),
  lastMessage: t.field({
    extensions: viewerIndependent,
    type: MessageObject,
    nullable: true,
    description: 'The newest of the timeline, a deleted or system one too.',
    resolve: ({ id }, _args, { reading }) => reading.lastMessage(id),
  }),
}))

export const ConversationConnectionObject = connectionObject<Conversation>(
  'Conversation',
  'conversations',
  (t, description) =>
    t.field({ type: ConversationObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)
