import { builder } from '../root/builder.ts'

export const RoleEnum = builder.enumType('Role', {
  description:
    'In ascending order: each role may do everything that the previous one may. No one may act on a member whose role is equal to or higher than their own. In a DIRECT conversation both users may post.',
  values: {
    MEMBER: {
      description: 'Posts (if postingRole allows it), adds members to a GROUP, changes name and topic of a GROUP.',
    },
    MODERATOR: {
      description:
        'Removes members of a lower role and adds them again, deletes any message including system messages; in a CHANNEL adds members and changes the name.',
    },
    ADMIN: { description: 'Also changes settings and metadata, and acts on MODERATORs.' },
    OWNER: {
      description:
        'Also deletes the conversation. There is exactly one, except that a DIRECT conversation has none, and neither has a CHANNEL that all members have left, even if users join it later.',
    },
  } as const,
})
