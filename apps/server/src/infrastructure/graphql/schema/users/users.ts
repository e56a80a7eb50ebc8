import type { User } from '@cpc-messenger/messenger'
import { viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { connectionObject } from '../pagination/connections.ts'
import { builder } from '../root/builder.ts'
import { NodeInterface, UserObject } from '../root/object-refs.ts'

const UserKindEnum = builder.enumType('UserKind', {
  description: 'Who or what a user is.',
  values: {
    PERSON: { description: 'A human being.' },
    BOT: { description: 'A program.' },
  } as const,
})

builder.objectType(UserObject, {
  description:
    'A person or bot. Erased users remain as "Deleted user". Visible to users who share a conversation with them or find them by search.',
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
        'The name to display, one line: the `name` claim of the latest token, at most 100 characters, or else the id.',
    }),
    avatarUrl: t.exposeString('avatarUrl', {
      extensions: viewerIndependent,
      nullable: true,
      description:
        'The `picture` claim of that token, an http or https URL without credentials; null if there is none.',
    }),
    metadata: t.expose('metadata', {
      extensions: viewerIndependent,
      type: 'JSON',
      nullable: true,
      description: "The integrator's own data. Only a service token may set it.",
    }),
  }),
})

export const UserConnectionObject = connectionObject<User>('User', 'users', (t, description) =>
  t.field({ type: UserObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)
