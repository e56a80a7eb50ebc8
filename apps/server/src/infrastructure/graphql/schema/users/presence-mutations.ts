import { forbidden, statusTextLength, type UserId } from '@cpc-messenger/messenger'
import { setPresence } from '../../../../services/commands/presence.ts'
import { builder } from '../root/builder.ts'
import { UserObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'
import { PresenceChoiceEnum } from './presence.ts'

const SetPresenceInput = builder.inputType('SetPresenceInput', {
  description: 'What others see of the viewer.',
  fields: t => ({
    status: t.field({ type: PresenceChoiceEnum, required: true, description: 'The choice, on all devices.' }),
    statusText: t.string({
      description: `One line of 1 to ${statusTextLength} characters. Absent: unchanged; null: none.`,
    }),
    statusExpiresAt: t.field({
      type: 'DateTime',
      description: 'When the text is removed; in the future. Absent: unchanged, or none for a new text; null: none.',
    }),
  }),
})

const ReportActivityInput = builder.inputType('ReportActivityInput', {
  description: "Whether the user is active on this connection's device.",
  fields: t => ({ active: t.boolean({ required: true, description: 'A new connection is active.' }) }),
})

const ofViewer = (name: string, description: string) =>
  builder.objectType(builder.objectRef<{ readonly userId: UserId }>(name), {
    description,
    fields: t => ({
      user: t.field({
        type: UserObject,
        description: 'The viewer.',
        resolve: ({ userId }, _args, { reading }) => reading.getUser(userId),
      }),
    }),
  })

const SetPresencePayload = ofViewer('SetPresencePayload', "The choice is valid on all of the viewer's devices.")
const ReportActivityPayload = ofViewer('ReportActivityPayload', 'The activity is noted for this connection.')

builder.mutationFields(t => ({
  setPresence: t.field({
    type: SetPresencePayload,
    nullable: true,
    description: 'Chooses what others see of the viewer, on all devices.',
    args: { input: t.arg({ type: SetPresenceInput, required: true, description: 'The choice and the text.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, setPresence, {
        choice: input.status,
        statusText: input.statusText,
        statusExpiresAt: input.statusExpiresAt,
      }),
  }),
  reportActivity: t.field({
    type: ReportActivityPayload,
    nullable: true,
    description:
      'Reports whether the viewer is active on the device of the WebSocket connection over which it is sent. Over HTTP it is refused.',
    args: { input: t.arg({ type: ReportActivityInput, required: true, description: 'Whether it is active.' }) },
    resolve: (_root, { input }, { caller, actor, dependencies }) => {
      if (caller.connectionId === undefined)
        throw forbidden('This is only for WebSocket connections: a request over HTTP has no activity.')
      dependencies.limiter?.takeAll({ commands: 1 }, actor.userId)
      dependencies.presences.setActive(caller.connectionId, input.active)
      return { userId: actor.userId }
    },
  }),
}))
