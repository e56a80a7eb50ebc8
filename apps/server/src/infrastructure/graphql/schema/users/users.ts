import type { User } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { connectionObject } from '../pagination/connections.ts'
import { builder } from '../root/builder.ts'
import { NodeInterface, UserObject } from '../root/object-refs.ts'

const UserKindEnum = builder.enumType('UserKind', {
  description: 'What stands behind a user.',
  values: {
    PERSON: { description: 'A human being.' },
    BOT: { description: 'A program.' },
  } as const,
})

builder.objectType(UserObject, {
  description:
    'A person or bot. Erased ones stay, as "Deleted user". Seen by whoever shares a conversation with them, or finds them by search.',
  interfaces: [NodeInterface],
  fields: t => ({
    kind: t.field({
      extensions: viewerIndependent,
      type: UserKindEnum,
      description: 'Person or bot.',
      resolve: ({ kind }) => kind,
    }),
    displayName: t.exposeString('displayName', {
      extensions: viewerIndependent,
      description:
        'The name to show, in one line: the `name` of the token that was issued last, 100 characters at most, or the id.',
    }),
    avatarUrl: t.exposeString('avatarUrl', {
      extensions: viewerIndependent,
      nullable: true,
      description:
        'The `picture` of that token, an http or https URL without user and password; null where there is none.',
    }),
    metadata: t.expose('metadata', {
      extensions: viewerIndependent,
      type: 'JSON',
      nullable: true,
      description: "The integrator's own data; set by a service token only.",
    }),
  }),
})

export const UserConnectionObject = connectionObject<User>('User', 'users', (t, description) =>
  t.field({ type: UserObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)
