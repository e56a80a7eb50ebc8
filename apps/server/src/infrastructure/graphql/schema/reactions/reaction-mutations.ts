import { reactionsPerMessage } from '@cpc-messenger/messenger'
import {
  type AddedReaction,
  addReaction,
  type RemovedReaction,
  removeReaction,
} from '../../../../services/commands/reactions.ts'
import { builder } from '../root/builder.ts'
import { messageIdOf } from '../root/ids.ts'
import { MessageObject, ReactionObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'

const emojiDescription = `One emoji of Unicode (RGI); a message has at most ${reactionsPerMessage} different ones.`

const AddReactionInput = builder.inputType('AddReactionInput', {
  description: 'A reaction to add.',
  fields: t => ({
    messageId: t.id({ required: true, description: 'The message to react to.' }),
    emoji: t.string({ required: true, description: emojiDescription }),
  }),
})

const RemoveReactionInput = builder.inputType('RemoveReactionInput', {
  description: "One of the viewer's own reactions to remove.",
  fields: t => ({
    messageId: t.id({ required: true, description: 'The message that has the reaction.' }),
    emoji: t.string({ required: true, description: emojiDescription }),
  }),
})

const AddReactionPayload = builder.objectType(builder.objectRef<AddedReaction>('AddReactionPayload'), {
  description: 'The reaction was added.',
  fields: t => ({
    reaction: t.field({
      type: ReactionObject,
      description: 'The reaction. If it existed already, nothing changed and there is no event.',
      resolve: ({ reaction }) => reaction,
    }),
    message: t.field({
      type: MessageObject,
      description: 'The message that has the reaction.',
      resolve: ({ message }) => message,
    }),
  }),
})

const RemoveReactionPayload = builder.objectType(builder.objectRef<RemovedReaction>('RemoveReactionPayload'), {
  description: 'The reaction was removed.',
  fields: t => ({
    removed: t.exposeBoolean('removed', {
      description: 'False where there was none to remove; then no event is made.',
    }),
    message: t.field({
      type: MessageObject,
      description: 'The message that had the reaction.',
      resolve: ({ message }) => message,
    }),
  }),
})

builder.mutationFields(t => ({
  addReaction: t.field({
    type: AddReactionPayload,
    nullable: true,
    description: 'Reacts to a message. If the reaction exists already, nothing changes.',
    args: { input: t.arg({ type: AddReactionInput, required: true, description: 'What to add.' }) },
    resolve: (_root, { input: { messageId, emoji } }, context) =>
      runCommand(context, addReaction, { messageId: messageIdOf(messageId), emoji }),
  }),
  removeReaction: t.field({
    type: RemoveReactionPayload,
    nullable: true,
    description: "Removes one of the viewer's own reactions.",
    args: { input: t.arg({ type: RemoveReactionInput, required: true, description: 'What to remove.' }) },
    resolve: (_root, { input: { messageId, emoji } }, context) =>
      runCommand(context, removeReaction, { messageId: messageIdOf(messageId), emoji }),
  }),
}))
