import type { Conversation, ConversationId } from '@cpc-messenger/messenger'
import {
  createConversation,
  deleteConversation,
  updateConversation,
} from '../../../../services/commands/conversations.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, userIdOf } from '../root/ids.ts'
import { ConversationObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'
import { ConversationSettingsInput } from './conversation-settings.ts'
import { ConversationKindEnum } from './conversations.ts'
import { settingsOf } from './settings-input.ts'

/** See `requireLine`. */
const line = 'one line in which something shows, without control characters and open bidirectional controls'

const CreateConversationInput = builder.inputType('CreateConversationInput', {
  description: 'A conversation to create. The viewer is its first member, and its owner unless it is DIRECT.',
  fields: t => ({
    idempotencyKey: t.string({
      description:
        'Makes creating safe to repeat: the same key by the same user returns the conversation that the first one made. 1 to 128 characters.',
    }),
    kind: t.field({ type: ConversationKindEnum, required: true, description: 'Who may be in it; for good.' }),
    name: t.string({
      description: `1 to 100 characters, ${line}; a CHANNEL needs one, a DIRECT conversation has none.`,
    }),
    topic: t.string({ description: `1 to 1000 characters, ${line}; a DIRECT conversation has none.` }),
    memberIds: t.idList({
      required: true,
      defaultValue: [],
      description: 'The others who are in it from the beginning: 100 at most, exactly one in a DIRECT conversation.',
    }),
    settings: t.field({ type: ConversationSettingsInput, description: 'What is absent has its usual value.' }),
    key: t.string({ description: 'Set by a service token only. 1 to 128 characters, unique on this server.' }),
    metadata: t.field({ type: 'JSON', description: "The integrator's own data, 4 KiB at most." }),
  }),
})

const UpdateConversationInput = builder.inputType('UpdateConversationInput', {
  description: 'What to change; a field that is absent stays as it is, null clears it.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'Which conversation.' }),
    name: t.string({ description: `1 to 100 characters, ${line}; null takes it away, but for a CHANNEL.` }),
    topic: t.string({ description: `1 to 1000 characters, ${line}; null takes it away.` }),
    settings: t.field({ type: ConversationSettingsInput, description: 'What is absent stays as it is.' }),
    metadata: t.field({ type: 'JSON', description: "The integrator's own data, 4 KiB at most." }),
  }),
})

const DeleteConversationInput = builder.inputType('DeleteConversationInput', {
  description: 'A conversation to delete.',
  fields: t => ({ conversationId: t.id({ required: true, description: 'Which conversation.' }) }),
})

const conversationPayload = (name: string, description: string) =>
  builder.objectType(builder.objectRef<Conversation>(name), {
    description,
    fields: t => ({
      conversation: t.field({
        type: ConversationObject,
        description: 'As it stands now.',
        resolve: conversation => conversation,
      }),
    }),
  })

const CreateConversationPayload = conversationPayload('CreateConversationPayload', 'The conversation stands.')
const UpdateConversationPayload = conversationPayload('UpdateConversationPayload', 'The conversation was changed.')

const DeleteConversationPayload = builder.objectType(
  builder.objectRef<{ readonly conversationId: ConversationId }>('DeleteConversationPayload'),
  {
    description: 'The conversation is gone for everybody.',
    fields: t => ({ conversationId: t.exposeID('conversationId', { description: 'All that is left of it.' }) }),
  },
)

builder.mutationFields(t => ({
  createConversation: t.field({
    type: CreateConversationPayload,
    nullable: true,
    description: 'Creates a conversation; a DIRECT one that exists already is returned.',
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
    description: 'Changes name, topic, settings or metadata; what they are already changes nothing.',
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
    description: 'Deletes a conversation with all that is in it, for everybody; its owner may.',
    args: { input: t.arg({ type: DeleteConversationInput, required: true, description: 'What to delete.' }) },
    resolve: async (_root, { input }, context) => ({
      conversationId: await runCommand(context, deleteConversation, {
        conversationId: conversationIdOf(input.conversationId),
      }),
    }),
  }),
}))
