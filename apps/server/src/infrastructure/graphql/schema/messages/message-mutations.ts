import type { Message } from '@cpc-messenger/messenger'
import { deleteMessage, redactRevision, sendMessage, updateMessage } from '../../../../services/commands/messages.ts'
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
    conversationId: t.id({ required: true, description: 'The conversation to send to.' }),
    content: t.field({ type: MessageContentInput, required: true, description: 'The content.' }),
    clientMessageId: t.string({
      description:
        'Makes it safe to retry at any time: a second send by the same author in the same conversation with the same key creates nothing and returns the first message; with different content it is refused with CONFLICT. 1 to 128 characters.',
    }),
    replyToId: t.id({ description: 'The quoted message, of the same conversation.' }),
    threadRootId: t.id({
      description: 'The root of the thread to reply in: a message of the conversation that is not a reply itself.',
    }),
    alsoInConversation: t.boolean({
      required: true,
      defaultValue: false,
      description: "For a reply in a thread: it is in the conversation's timeline too.",
    }),
    metadata: t.field({ type: 'JSON', description: "The sender's own data, at most 4 KiB." }),
  }),
})

const UpdateMessageInput = builder.inputType('UpdateMessageInput', {
  description: 'A message to edit.',
  fields: t => ({
    messageId: t.id({ required: true, description: 'A message of the viewer.' }),
    content: t.field({ type: MessageContentInput, required: true, description: 'The new content.' }),
    expectedVersion: t.int({
      description:
        "If it is present and not the message's version, the edit is refused with CONFLICT. An edit to equal content changes nothing and creates no version, so it is safe to retry.",
    }),
  }),
})

const DeleteMessageInput = builder.inputType('DeleteMessageInput', {
  description: 'A message to delete.',
  fields: t => ({
    messageId: t.id({ required: true, description: 'A message of the viewer; moderators may delete any message.' }),
  }),
})

const RedactRevisionInput = builder.inputType('RedactRevisionInput', {
  description: 'A revision to redact.',
  fields: t => ({
    messageId: t.id({
      required: true,
      description: 'A message of the viewer, also a deleted one; moderators may redact revisions of any message.',
    }),
    version: t.int({
      required: true,
      description:
        'An earlier version that is kept. The current version is BAD_USER_INPUT (edit or delete the message instead), and so is one that does not exist or was erased.',
    }),
  }),
})

const SendMessagePayload = messagePayload('SendMessagePayload', 'A message was sent.', 'The message that was sent.')
const UpdateMessagePayload = messagePayload('UpdateMessagePayload', 'A message was edited.', 'The current state.')
const DeleteMessagePayload = messagePayload('DeleteMessagePayload', 'A message was deleted.', 'The deleted message.')
const RedactRevisionPayload = messagePayload(
  'RedactRevisionPayload',
  'A revision was redacted.',
  'The message, whose version stays the same.',
)

builder.mutationFields(t => ({
  sendMessage: t.field({
    type: SendMessagePayload,
    nullable: true,
    description: 'Sends a message. Once the response is sent, the message is stored durably.',
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'What to send.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, sendMessage, {
        conversationId: conversationIdOf(input.conversationId),
        content: input.content.text,
        clientMessageId: input.clientMessageId ?? null,
        replyToId: input.replyToId == null ? null : messageIdOf(input.replyToId),
        threadRootId: input.threadRootId == null ? null : messageIdOf(input.threadRootId),
        alsoInConversation: input.alsoInConversation,
        metadata: input.metadata ?? null,
      }),
  }),
  updateMessage: t.field({
    type: UpdateMessagePayload,
    nullable: true,
    description: 'Edits a message. The previous content is kept as a revision if the conversation keeps revisions.',
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
    description: 'Deletes a message. If it is deleted already, nothing changes and there is no event.',
    args: { input: t.arg({ type: DeleteMessageInput, required: true, description: 'What to delete.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, deleteMessage, { messageId: messageIdOf(input.messageId) }),
  }),
  redactRevision: t.field({
    type: RedactRevisionPayload,
    nullable: true,
    description:
      'Erases the content of one earlier version; the other versions stay. Only its author and moderators may. Subscribers get a MessageUpdated with the same `version`. If the revision is redacted already, nothing changes and there is no event.',
    args: { input: t.arg({ type: RedactRevisionInput, required: true, description: 'Which revision to redact.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, redactRevision, { messageId: messageIdOf(input.messageId), version: input.version }),
  }),
}))
