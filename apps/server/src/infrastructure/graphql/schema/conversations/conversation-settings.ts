import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { RoleEnum } from '../members/roles.ts'
import { builder } from '../root/builder.ts'
import { ConversationSettingsObject } from '../root/object-refs.ts'

export const HistoryVisibilityEnum = builder.enumType('HistoryVisibility', {
  description: 'Who may read the earlier revisions of edited and deleted messages.',
  values: {
    NONE: { description: 'No earlier revision is kept: an edit or a deletion erases what was there.' },
    MODERATORS: { description: "Authors read their own messages' revisions; moderators read all." },
    MEMBERS: {
      description:
        'Every member reads the revisions of edited messages; those of deleted messages stay with moderators.',
    },
  } as const,
})

builder.objectType(ConversationSettingsObject, {
  description: 'The rules of one conversation; its admins change them.',
  fields: t => ({
    historyVisibility: t.field({
      extensions: viewerIndependent,
      type: HistoryVisibilityEnum,
      description: 'Who may read earlier revisions. MODERATORS where nothing else was set.',
      resolve: ({ historyVisibility }) => historyVisibility,
    }),
    editWindowSeconds: t.exposeInt('editWindowSeconds', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'How long after sending an author may still edit; null: for ever.',
    }),
    slowModeSeconds: t.exposeInt('slowModeSeconds', {
      extensions: viewerIndependent,
      nullable: true,
      description: 'The least time between two messages of one MEMBER, changes of name and topic too; null: no limit.',
    }),
    postingRole: t.field({
      extensions: viewerIndependent,
      type: RoleEnum,
      description: 'The lowest role that may post, and change name and topic.',
      resolve: ({ postingRole }) => postingRole,
    }),
  }),
})

export const ConversationSettingsInput = builder.inputType('ConversationSettingsInput', {
  description: 'The settings to change; what is absent stays as it is, and null clears what may be null.',
  fields: t => ({
    historyVisibility: t.field({ type: HistoryVisibilityEnum, description: 'Who may read earlier revisions.' }),
    editWindowSeconds: t.int({ description: '1 to 31622400 (366 days); null: authors may edit for ever.' }),
    slowModeSeconds: t.int({
      description: '1 to 31622400 (366 days); null: no limit. A DIRECT conversation has none.',
    }),
    postingRole: t.field({
      type: RoleEnum,
      description: 'The lowest role that may post; in a DIRECT conversation MEMBER.',
    }),
  }),
})
