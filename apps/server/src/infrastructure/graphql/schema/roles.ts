import { builder } from './builder.ts'

export const RoleEnum = builder.enumType('Role', {
  description: 'In rising order of power: each role may do all that the one before it may.',
  values: {
    MEMBER: { description: 'Reads, and writes where postingRole allows it.' },
    MODERATOR: { description: "Also deletes others' messages and removes members of a lower role." },
    ADMIN: { description: 'Also changes settings and metadata.' },
    OWNER: { description: 'Also deletes the conversation; there is one, and none in a DIRECT conversation.' },
  } as const,
})
