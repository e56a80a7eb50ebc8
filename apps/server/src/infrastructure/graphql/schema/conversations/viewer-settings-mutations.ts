import type { Conversation } from '@cpc-messenger/messenger'
import { markUnread, updateViewerSettings } from '../../../../services/commands/viewer-settings.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf } from '../root/ids.ts'
import { ConversationObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'
import { NotificationLevelEnum } from './viewer-settings.ts'

const UpdateViewerSettingsInput = builder.inputType('UpdateViewerSettingsInput', {
  description: "Changes of the viewer's settings. An absent field stays as it is; null resets it.",
  fields: t => ({
    conversationId: t.id({ required: true, description: 'A conversation that the viewer is a member of.' }),
    notifications: t.field({ type: NotificationLevelEnum, description: 'What notifies the viewer; null: ALL.' }),
    archived: t.boolean({
      description:
        'Whether the conversation is archived. It returns when a member mentions the viewer there, or writes in a DIRECT one.',
    }),
    pinned: t.boolean({ description: "Whether the conversation is pinned in the viewer's list." }),
  }),
})

const MarkUnreadInput = builder.inputType('MarkUnreadInput', {
  description: 'Counts everything after a sequence as unread again, for the viewer alone.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'A conversation that the viewer is a member of.' }),
    sequence: t.int({ required: true, description: 'From 0 to `lastSequence`. Everything after it is unread.' }),
  }),
})

const conversationPayload = (name: string, description: string) =>
  builder.objectType(builder.objectRef<Conversation>(name), {
    description,
    fields: t => ({
      conversation: t.field({
        type: ConversationObject,
        description: 'The current state.',
        resolve: conversation => conversation,
      }),
    }),
  })

const UpdateViewerSettingsPayload = conversationPayload('UpdateViewerSettingsPayload', 'The settings were changed.')
const MarkUnreadPayload = conversationPayload('MarkUnreadPayload', 'The conversation is marked unread.')

const MarkAllReadPayload = builder.objectType(
  builder.objectRef<{ readonly conversations: number }>('MarkAllReadPayload'),
  {
    description: 'Everything is read.',
    fields: t => ({
      conversations: t.exposeInt('conversations', { description: 'How many conversations had something unread.' }),
    }),
  },
)

builder.mutationFields(t => ({
  updateViewerSettings: t.field({
    type: UpdateViewerSettingsPayload,
    nullable: true,
    description: "Changes the viewer's private settings of a conversation. Other members do not see them.",
    args: { input: t.arg({ type: UpdateViewerSettingsInput, required: true, description: 'What to change.' }) },
    resolve: (_root, { input }, context) => {
      const { notifications, archived, pinned } = input
      return runCommand(context, updateViewerSettings, {
        conversationId: conversationIdOf(input.conversationId),
        ...(notifications === undefined ? {} : { notifications: notifications ?? 'ALL' }),
        ...(archived === undefined ? {} : { archived: archived ?? false }),
        ...(pinned === undefined ? {} : { pinned: pinned ?? false }),
      })
    },
  }),
  markUnread: t.field({
    type: MarkUnreadPayload,
    nullable: true,
    description:
      'Marks a conversation unread for the viewer: their own counts start after the sequence. The marker that others see stays. markRead ends it.',
    args: { input: t.arg({ type: MarkUnreadInput, required: true, description: 'Where, and from which sequence.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, markUnread, {
        conversationId: conversationIdOf(input.conversationId),
        sequence: input.sequence,
      }),
  }),
  markAllRead: t.field({
    type: MarkAllReadPayload,
    nullable: true,
    description: "Marks everything in all of the viewer's conversations as read, and ends what markUnread began.",
    resolve: async (_root, _args, context) => {
      const { dependencies, actor } = context
      dependencies.limiter?.takeAll({ commands: 1 }, actor.userId)
      await context.resetSnapshot()
      return { conversations: await dependencies.markers.markAllRead(actor) }
    },
  }),
}))
