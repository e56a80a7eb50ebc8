import { updateUser } from '../../../../services/administration/update-user.ts'
import { builder } from '../root/builder.ts'
import { userIdOf } from '../root/ids.ts'
import { runCommand } from '../root/run-command.ts'
import { userPayload } from './user-payload.ts'

const UpdateUserInput = builder.inputType('UpdateUserInput', {
  description: 'What to change of a user. A field that is absent stays as it is; null clears it.',
  fields: t => ({
    userId: t.id({ required: true, description: 'The user, who is created if there is none yet.' }),
    displayName: t.string({
      description: 'One line of 1 to 100 visible characters; null: the id. Until a token with a name is issued.',
    }),
    avatarUrl: t.string({ description: 'An http or https URL without credentials, at most 2048 characters.' }),
    metadata: t.field({
      type: 'JSON',
      description: "The integrator's own data, at most 4 KiB; by a service token only.",
    }),
  }),
})

const UpdateUserPayload = userPayload('UpdateUserPayload', 'The user is updated.')

builder.mutationFields(t => ({
  updateUser: t.field({
    type: UpdateUserPayload,
    nullable: true,
    description: 'By a service token or an administrator. Creates the user if there is none yet.',
    args: { input: t.arg({ type: UpdateUserInput, required: true, description: 'The user and the changes.' }) },
    resolve: (_root, { input: { userId, ...changes } }, context) =>
      runCommand(context, updateUser, { userId: userIdOf(userId), ...changes }),
  }),
}))
