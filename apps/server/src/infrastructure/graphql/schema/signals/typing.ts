import { builder } from '../root/builder.ts'
import { conversationIdOf, messageIdOf } from '../root/ids.ts'

const SetTypingInput = builder.inputType('SetTypingInput', {
  description: 'Whether the viewer types in a conversation or thread.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'The conversation.' }),
    threadRootId: t.id({ description: 'The thread in which the viewer types; absent: the conversation itself.' }),
    typing: t.boolean({
      required: true,
      description: 'Repeat true every 3 seconds while the viewer types: it expires after 6 seconds.',
    }),
  }),
})

const SetTypingPayload = builder.objectType(builder.objectRef<{ readonly typing: boolean }>('SetTypingPayload'), {
  description: 'Members who subscribe to signals receive it.',
  fields: t => ({ typing: t.exposeBoolean('typing', { description: 'As in the input.' }) }),
})

builder.mutationFields(t => ({
  setTyping: t.field({
    type: SetTypingPayload,
    nullable: true,
    description:
      'Sends other members that the viewer types, for those who may post here. It ends after 6 seconds, when the viewer sends a message there, leaves, or when the connection that set it is closed.',
    args: { input: t.arg({ type: SetTypingInput, required: true, description: 'Where, and whether.' }) },
    resolve: async (_root, { input }, { dependencies, actor, caller }) => {
      const conversationId = conversationIdOf(input.conversationId)
      const threadRootId = input.threadRootId == null ? null : messageIdOf(input.threadRootId)
      dependencies.limiter?.takeAll({ commands: 1 }, actor.userId)
      await dependencies.typing.set({ conversationId, threadRootId, typing: input.typing }, actor, caller.connectionId)
      return { typing: input.typing }
    },
  }),
}))
