import type { Message } from '@cpc-messenger/messenger'
import { deleteMessage, sendMessage, updateMessage } from '../../../../services/commands/messages.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, messageIdOf } from '../root/ids.ts'
import { MessageObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'
import { MessageContentInput } from './content-input.ts'

const messagePayload = (name: string, description: string, ofMessage: string) =>
  builder.objectType(builder.objectRef<Message>(name), {
    description,
    fields: t => ({ message: t.field({ type: MessageObject, description: ofMessage, resolve: message => message }) }),
  })

const SendMessageInput = builder.inputType('SendMessageInput', {
  description: 'A message to send.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'Where to.' }),
    content: t.field({ type: MessageContentInput, required: true, description: 'What it says.' }),
    clientMessageId: t.string({
      description:
        'Makes sending safe to repeat, for ever: a second send under the same key by the same author in the same conversation returns the message that the first one made, and makes none; with other content it is refused with CONFLICT. 1 to 128 characters.',
    }),
    replyToId: t.id({ description: 'A message of the same conversation that this one quotes.' }),
    metadata: t.field({ type: 'JSON', description: "The sender's own data, 4 KiB at most." }),
  }),
})

const UpdateMessageInput = builder.inputType('UpdateMessageInput', {
  description: 'A message to edit.',
  fields: t => ({
    messageId: t.id({ required: true, description: "One of the viewer's own." }),
    content: t.field({ type: MessageContentInput, required: true, description: 'What it shall say.' }),
    expectedVersion: t.int({
      description:
        "Where given and not the message's version, the edit is refused with CONFLICT. An edit to the content that already stands changes nothing and makes no version, so repeating one is safe.",
    }),
  }),
})

const DeleteMessageInput = builder.inputType('DeleteMessageInput', {
  description: 'A message to delete.',
  fields: t => ({
    messageId: t.id({ required: true, description: "One of the viewer's own; moderators delete anybody's." }),
  }),
})

const SendMessagePayload = messagePayload('SendMessagePayload', 'A message was sent.', 'The message that was sent.')
const UpdateMessagePayload = messagePayload('UpdateMessagePayload', 'A message was edited.', 'As it stands now.')
const DeleteMessagePayload = messagePayload('DeleteMessagePayload', 'A message was deleted.', 'What is left of it.')

builder.mutationFields(t => ({
  sendMessage: t.field({
    type: SendMessagePayload,
    nullable: true,
    description: 'Sends a message. Once it is answered, the message survives whatever happens to the server.',
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'What to send.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, sendMessage, {
        conversationId: conversationIdOf(input.conversationId),
        content: input.content.text,
        clientMessageId: input.clientMessageId ?? null,
        replyToId: input.replyToId == null ? null : messageIdOf(input.replyToId),
        metadata: input.metadata ?? null,
      }),
  }),
  updateMessage: t.field({
    type: UpdateMessagePayload,
    nullable: true,
    description: 'Edits a message; what it said before is kept as a revision where the conversation keeps them.',
    args: { input: t.arg({ type: UpdateMessageInput, required: true, description: 'What to edit.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, updateMessage, {
        messageId: messageIdOf(input.messageId),
        content: input.content.text,
        expectedVersion: input.expectedVersion ?? null,
      }),
  }),
  deleteMessage: t.field({
    type: DeleteMessagePayload,
    nullable: true,
    description: 'Deleting a message that is deleted already changes nothing and makes no event.',
    args: { input: t.arg({ type: DeleteMessageInput, required: true, description: 'What to delete.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, deleteMessage, { messageId: messageIdOf(input.messageId) }),
  }),
}))
