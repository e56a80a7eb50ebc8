import { type NotificationLevel, notificationLevels, type ViewerState } from '@cpc-messenger/messenger'
import { builder } from '../root/builder.ts'
import { ConversationObject, MessageObject } from '../root/object-refs.ts'

const descriptions: Readonly<Record<NotificationLevel, string>> = {
  ALL: 'Every message notifies.',
  MENTIONS: 'Only messages that mention the viewer notify.',
  NONE: 'Nothing notifies, and the conversation is not in counts of unread conversations.',
}

export const NotificationLevelEnum = builder.enumType('NotificationLevel', {
  description: 'What notifies the viewer in a conversation.',
  values: Object.fromEntries(notificationLevels.map(level => [level, { description: descriptions[level] }])) as Record<
    NotificationLevel,
    { readonly description: string }
  >,
})

const ViewerSettingsObject = builder.objectType(builder.objectRef<ViewerState>('ViewerSettings'), {
  description: "The viewer's private settings of a conversation.",
  fields: t => ({
    notifications: t.field({
      type: NotificationLevelEnum,
      description: 'What notifies the viewer; ALL at first.',
      resolve: ({ notifications }) => notifications,
    }),
    markedUnreadFrom: t.exposeInt('markedUnreadFrom', {
      nullable: true,
      description:
        "Where the viewer has marked the conversation unread: the viewer's own counts start after this sequence; null if they have not.",
    }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the viewer archived the conversation; null: it is not archived.',
    }),
    pinnedAt: t.expose('pinnedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the viewer pinned the conversation in their list; null: it is not pinned.',
    }),
  }),
})

builder.objectFields(ConversationObject, t => ({
  viewerSettings: t.field({
    type: ViewerSettingsObject,
    nullable: true,
    description: "The viewer's private settings; null if the viewer has not joined.",
    resolve: ({ id }, _args, { reading }) => reading.states.settings(id),
  }),
  firstUnreadMessage: t.field({
    type: MessageObject,
    nullable: true,
    description: 'The first message that `unreadCount` counts; null if there is none.',
    resolve: (conversation, _args, { reading }) => reading.states.firstUnread(conversation),
  }),
  unreadCount: t.int({
    description:
      "Messages of the timeline by others after the viewer's read marker, without deleted and system ones; 0 if the viewer has not joined.",
    resolve: async (conversation, _args, { reading }) => (await reading.states.unread(conversation))?.count ?? 0,
  }),
  unreadMentionCount: t.int({
    description:
      "Messages of the timeline that mention the viewer, by name or as everyone, after the viewer's read marker, without deleted ones. A mention that an edit adds counts from the sequence of that edit.",
    resolve: async (conversation, _args, { reading }) => (await reading.states.unread(conversation))?.mentions ?? 0,
  }),
}))
