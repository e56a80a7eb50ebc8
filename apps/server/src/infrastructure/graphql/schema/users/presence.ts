import {
  type Presence,
  type PresenceChoice,
  type PresenceStatus,
  statusTextLength,
  type User,
} from '@cpc-messenger/messenger'
import { mostlyViewerIndependent, viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { builder } from '../root/builder.ts'
import { UserObject, ViewerObject } from '../root/object-refs.ts'

const statuses: Readonly<Record<PresenceStatus, string>> = {
  ONLINE: 'Connected, and active on a device.',
  AWAY: 'Connected, and idle on all devices, or away by choice.',
  DO_NOT_DISTURB: 'Connected, and does not want to be disturbed.',
  OFFLINE: 'Not connected, or connected and invisible: the two cannot be distinguished.',
}

const choices: Readonly<Record<PresenceChoice, string>> = {
  AUTOMATIC:
    "By what the user's devices do: ONLINE while one is active, AWAY while all are idle, OFFLINE when none is connected.",
  AWAY: 'AWAY while connected.',
  DO_NOT_DISTURB: 'DO_NOT_DISTURB while connected.',
  INVISIBLE: 'OFFLINE for all other users, also while connected.',
}

const describedValues = <Value extends string>(meanings: Readonly<Record<Value, string>>) =>
  Object.fromEntries(Object.entries(meanings).map(([value, description]) => [value, { description }])) as Record<
    Value,
    { readonly description: string }
  >

const PresenceStatusEnum = builder.enumType('PresenceStatus', {
  description: 'What others see of a user.',
  values: describedValues(statuses),
})

export const PresenceChoiceEnum = builder.enumType('PresenceChoice', {
  description: 'What a user chooses to be seen as.',
  values: describedValues(choices),
})

const PresenceObject = builder.objectType(builder.objectRef<Presence>('Presence'), {
  description: 'Whether a user is connected, as the viewer may see it.',
  fields: t => ({
    status: t.field({
      extensions: viewerIndependent,
      type: PresenceStatusEnum,
      description: 'Over all devices.',
      resolve: ({ status }) => status,
    }),
    statusText: t.exposeString('statusText', {
      extensions: viewerIndependent,
      nullable: true,
      description: `One line of at most ${statusTextLength} characters. Null while the status is OFFLINE, except for the user.`,
    }),
    statusExpiresAt: t.expose('statusExpiresAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      nullable: true,
      description: 'When the text is removed by itself; null: when it is changed.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      nullable: true,
      description: 'When the user was last visibly connected; null while they are, and if they never were.',
    }),
  }),
})

/** A user of a signal, with the presence that it brings. */
export interface UserWithPresence extends User {
  readonly presence: Presence
}

const hasPresence = (user: User): user is UserWithPresence => 'presence' in user

builder.objectField(UserObject, 'presence', t =>
  t.field({
    extensions: mostlyViewerIndependent,
    type: PresenceObject,
    nullable: true,
    description: 'Null if it is not known now. OFFLINE for viewers who share no conversation with this user.',
    // All who are sent a signal of a user's presence see the same.
    resolve: (user, _args, { reading }) => (hasPresence(user) ? user.presence : reading.presence(user.id)),
  }),
)

builder.objectField(ViewerObject, 'presenceChoice', t =>
  t.field({
    type: PresenceChoiceEnum,
    description: 'What the viewer has chosen to be seen as.',
    resolve: async ({ userId }, _args, { dependencies }) => (await dependencies.presences.choiceOf(userId)).choice,
  }),
)
