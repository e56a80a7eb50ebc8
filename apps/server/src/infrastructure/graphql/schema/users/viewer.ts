import { InboxPosition, inboxPointOf } from '../../../../delivery/inbox/inbox-position.ts'
import { builder } from '../root/builder.ts'
import { UserObject, ViewerObject } from '../root/object-refs.ts'

builder.objectType(ViewerObject, {
  description: 'The signed-in user and their private data.',
  fields: t => ({
    user: t.field({
      type: UserObject,
      description: 'The public profile.',
      resolve: ({ userId }, _args, { reading }) => reading.getUser(userId),
    }),
    unreadConversationCount: t.int({
      description: 'Conversations with something unread, without archived ones and those with notifications NONE.',
      resolve: (_viewer, _args, { reading }) => reading.states.unreadConversationCount(),
    }),
    unreadMentionCount: t.int({
      description: 'Unread mentions in the timelines of all conversations, and in the threads that the viewer follows.',
      resolve: (_viewer, _args, { reading }) => reading.states.unreadMentionCount(),
    }),
    inboxPosition: t.string({
      description:
        "The position of all of the viewer's conversations in this snapshot. Read it together with the list, then subscribe to inboxEvents(from:).",
      resolve: async (_viewer, _args, { reading }) => new InboxPosition(inboxPointOf(await reading.inboxMark())).text,
    }),
  }),
})

builder.queryFields(t => ({
  viewer: t.field({
    type: ViewerObject,
    nullable: true,
    description: 'The signed-in user.',
    resolve: (_root, _args, { actor }) => actor,
  }),
}))
