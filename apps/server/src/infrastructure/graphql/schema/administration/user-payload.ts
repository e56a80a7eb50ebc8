import type { UserId } from '@cpc-messenger/messenger'
import { builder } from '../root/builder.ts'
import { UserObject } from '../root/object-refs.ts'

/** The payload of a mutation that changes a user. */
export const userPayload = (name: string, description: string) =>
  builder.objectType(builder.objectRef<{ readonly userId: UserId }>(name), {
    description,
    fields: t => ({
      user: t.field({
        type: UserObject,
        description: 'The user as they are now.',
        resolve: ({ userId }, _args, { reading }) => reading.getUser(userId),
      }),
    }),
  })
