import { maxSeconds } from '../../../../services/commands/conversations.ts'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { RoleEnum } from '../members/roles.ts'
import { builder } from '../root/builder.ts'
import { ConversationSettingsObject } from '../root/object-refs.ts'

const HistoryVisibilityEnum = builder.enumType('HistoryVisibility', {
  description: 'Who may read the earlier revisions of edited and deleted messages.',
  values: {
    NONE: {
      description:
        'No earlier revision is kept: an edit or a deletion erases the previous content, and the change to NONE erases the revisions that were kept. `revisions` has the current version alone.',
    },
    MODERATORS: { description: "Authors read their own messages' revisions; moderators read all." },
    MEMBERS: {
      description:
        'Every member reads the revisions of edited messages; those of deleted messages stay with their author and moderators.',
    },
  } as const,
})

builder.objectType(ConversationSettingsObject, {
  description: 'The rules of one conversation. Admins change them.',
  fields: t => ({
    historyVisibility: t.field({
      extensions: viewerIndependent,
      type: HistoryVisibilityEnum,
      description: 'Who may read earlier revisions. Default: MODERATORS.',
      resolve: ({ historyVisibility }) => historyVisibility,
    }),
    editWindowSeconds: t.exposeInt('editWindowSeconds', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'How long authors may edit a message after sending it; null: without limit.',
    }),
    slowModeSeconds: t.exposeInt('slowModeSeconds', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'The minimum time between two messages, or changes of name or topic, of one MEMBER; null: no limit.',
    }),
    postingRole: t.field({
      extensions: viewerIndependent,
      type: RoleEnum,
      description: 'The lowest role that may post and change name and topic.',
      resolve: ({ postingRole }) => postingRole,
    }),
  }),
})

export const ConversationSettingsInput = builder.inputType('ConversationSettingsInput', {
  description: 'The settings to change. Absent settings stay as they are; null clears nullable ones.',
  fields: t => ({
    historyVisibility: t.field({ type: HistoryVisibilityEnum, description: 'Who may read earlier revisions.' }),
    editWindowSeconds: t.int({ description: `1 to ${maxSeconds} (366 days); null: authors may edit without limit.` }),
    slowModeSeconds: t.int({
      description: `1 to ${maxSeconds} (366 days); null: no limit. A DIRECT conversation has none.`,
    }),
    postingRole: t.field({
      type: RoleEnum,
      description: 'The lowest role that may post; in a DIRECT conversation MEMBER.',
    }),
  }),
})
