import type { Conversation, ConversationId } from '@cpc-messenger/messenger'
import {
  createConversation,
  deleteConversation,
  updateConversation,
} from '../../../../services/commands/conversations.ts'
import { membersPerCommand } from '../../../../services/limits/limit-table.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, userIdOf } from '../root/ids.ts'
import { ConversationObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'
import { ConversationSettingsInput } from './conversation-settings.ts'
import { ConversationKindEnum } from './conversations.ts'
import { settingsOf } from './settings-input.ts'

/** See `requireLine`. */
const line = 'one line with a visible character, without control characters and unclosed bidirectional controls'

const CreateConversationInput = builder.inputType('CreateConversationInput', {
  description: 'A conversation to create. The viewer is its first member, and its owner unless it is DIRECT.',
  fields: t => ({
    idempotencyKey: t.string({
      description:
        'Makes it safe to retry: a second request by the same user with the same key returns the conversation that the first one created. 1 to 128 characters.',
    }),
    kind: t.field({
      type: ConversationKindEnum,
      required: true,
      description: 'Who may be a member. It cannot be changed later.',
    }),
    name: t.string({
      description: `1 to 100 characters, ${line}; a CHANNEL needs one, a DIRECT conversation has none.`,
    }),
    topic: t.string({ description: `1 to 1000 characters, ${line}; a DIRECT conversation has none.` }),
    memberIds: t.idList({
      required: true,
      defaultValue: [],
      description: `The other initial members: at most ${membersPerCommand}, exactly one in a DIRECT conversation.`,
    }),
    settings: t.field({ type: ConversationSettingsInput, description: 'Absent settings have their defaults.' }),
    key: t.string({ description: 'Only a service token may set it. 1 to 128 characters, unique on this server.' }),
    metadata: t.field({ type: 'JSON', description: "The integrator's own data, at most 4 KiB." }),
  }),
})

const UpdateConversationInput = builder.inputType('UpdateConversationInput', {
  description: 'The changes. An absent field stays as it is; null clears it.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'The conversation.' }),
    name: t.string({ description: `1 to 100 characters, ${line}; null removes it, except in a CHANNEL.` }),
    topic: t.string({ description: `1 to 1000 characters, ${line}; null removes it.` }),
    settings: t.field({ type: ConversationSettingsInput, description: 'Absent settings stay as they are.' }),
    metadata: t.field({ type: 'JSON', description: "The integrator's own data, at most 4 KiB." }),
  }),
})

const DeleteConversationInput = builder.inputType('DeleteConversationInput', {
  description: 'A conversation to delete.',
  fields: t => ({ conversationId: t.id({ required: true, description: 'The conversation.' }) }),
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

const CreateConversationPayload = conversationPayload('CreateConversationPayload', 'The conversation exists.')
const UpdateConversationPayload = conversationPayload('UpdateConversationPayload', 'The conversation was changed.')

const DeleteConversationPayload = builder.objectType(
  builder.objectRef<{ readonly conversationId: ConversationId }>('DeleteConversationPayload'),
  {
    description: 'The conversation was deleted for everyone.',
    fields: t => ({
      conversationId: t.exposeID('conversationId', { description: 'The id of the deleted conversation.' }),
    }),
  },
)

builder.mutationFields(t => ({
  createConversation: t.field({
    type: CreateConversationPayload,
    nullable: true,
    description: 'Creates a conversation. If the DIRECT conversation exists already, returns it.',
    args: { input: t.arg({ type: CreateConversationInput, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, createConversation, {
        kind: input.kind,
        name: input.name ?? null,
        topic: input.topic ?? null,
        memberIds: input.memberIds.map(id => userIdOf(id)),
        settings: settingsOf(input.settings),
        idempotencyKey: input.idempotencyKey ?? null,
        key: input.key ?? null,
        metadata: input.metadata ?? null,
      }),
  }),
  updateConversation: t.field({
    type: UpdateConversationPayload,
    nullable: true,
    description: 'Changes name, topic, settings or metadata. Equal values change nothing.',
    args: { input: t.arg({ type: UpdateConversationInput, required: true, description: 'What to change.' }) },
    resolve: (_root, { input }, context) => {
      const { conversationId, name, topic, settings, metadata } = input
      return runCommand(context, updateConversation, {
        conversationId: conversationIdOf(conversationId),
        ...(name === undefined ? {} : { name }),
        ...(topic === undefined ? {} : { topic }),
        ...(settings == null ? {} : { settings: settingsOf(settings) }),
        ...(metadata === undefined ? {} : { metadata }),
      })
    },
  }),
  deleteConversation: t.field({
    type: DeleteConversationPayload,
    nullable: true,
    description: 'Deletes a conversation and everything in it, for everyone. Only its owner may do so.',
    args: { input: t.arg({ type: DeleteConversationInput, required: true, description: 'What to delete.' }) },
    resolve: async (_root, { input }, context) => ({
      conversationId: await runCommand(context, deleteConversation, {
        conversationId: conversationIdOf(input.conversationId),
      }),
    }),
  }),
}))
