import { builder } from '../root/builder.ts'

export const RoleEnum = builder.enumType('Role', {
  description:
    'In rising order of power: each role may do all that the one before it may, and nobody acts on a role equal to or above their own. In a DIRECT conversation both sides post.',
  values: {
    MEMBER: {
      description: 'Posts (where postingRole lets them), adds members to a GROUP, renames a GROUP and sets its topic.',
    },
    MODERATOR: {
      description:
        'Removes members of a lower role and adds them again, deletes any message whoever its author is, those of the server too; in a CHANNEL adds members and renames.',
    },
    ADMIN: { description: 'Also changes settings and metadata, and acts on MODERATORs.' },
    OWNER: {
      description:
        "Also deletes the conversation. There is one, and none in a DIRECT conversation and in a CHANNEL that everybody has left: that is nobody's, whoever joins it.",
    },
  } as const,
})
