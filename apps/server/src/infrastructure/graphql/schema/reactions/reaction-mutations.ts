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

const emojiDescription = `One emoji of Unicode (RGI); a message bears ${reactionsPerMessage} different ones at most.`

const AddReactionInput = builder.inputType('AddReactionInput', {
  description: 'A reaction to add.',
  fields: t => ({
    messageId: t.id({ required: true, description: 'The message to react to.' }),
    emoji: t.string({ required: true, description: emojiDescription }),
  }),
})

const RemoveReactionInput = builder.inputType('RemoveReactionInput', {
  description: "One of the viewer's own reactions to take back.",
  fields: t => ({
    messageId: t.id({ required: true, description: 'The message that it is on.' }),
    emoji: t.string({ required: true, description: emojiDescription }),
  }),
})

const AddReactionPayload = builder.objectType(builder.objectRef<AddedReaction>('AddReactionPayload'), {
  description: 'The message has the reaction.',
  fields: t => ({
    reaction: t.field({
      type: ReactionObject,
      description: 'The reaction. If it existed already, nothing changed and there is no event.',
      resolve: ({ reaction }) => reaction,
    }),
    message: t.field({ type: MessageObject, description: 'What it is on.', resolve: ({ message }) => message }),
  }),
})

const RemoveReactionPayload = builder.objectType(builder.objectRef<RemovedReaction>('RemoveReactionPayload'), {
  description: 'A reaction is gone.',
  fields: t => ({
    removed: t.exposeBoolean('removed', {
      description: 'False where there was none to remove; then no event is made.',
    }),
    message: t.field({ type: MessageObject, description: 'What it was on.', resolve: ({ message }) => message }),
  }),
})

builder.mutationFields(t => ({
  addReaction: t.field({
    type: AddReactionPayload,
    nullable: true,
    description: 'Reacts to a message; adding a reaction that is there already changes nothing.',
    args: { input: t.arg({ type: AddReactionInput, required: true, description: 'What to add.' }) },
    resolve: (_root, { input: { messageId, emoji } }, context) =>
      runCommand(context, addReaction, { messageId: messageIdOf(messageId), emoji }),
  }),
  removeReaction: t.field({
    type: RemoveReactionPayload,
    nullable: true,
    description: "Takes one of the viewer's own reactions back.",
    args: { input: t.arg({ type: RemoveReactionInput, required: true, description: 'What to remove.' }) },
    resolve: (_root, { input: { messageId, emoji } }, context) =>
      runCommand(context, removeReaction, { messageId: messageIdOf(messageId), emoji }),
  }),
}))
