import type { Membership } from '@cpc-messenger/messenger'
import type { SearchPage } from '../../../../services/reads/page.ts'
import { mostlyViewerIndependent, viewerIndependent } from '../../subscriptions/viewer-independent.ts'
import { type Connection, connectionObject, connectionOf } from '../pagination/connections.ts'
import type { CursorList } from '../pagination/cursors.ts'
import { builder } from '../root/builder.ts'
import { ConversationObject, MembershipObject, NodeInterface, UserObject } from '../root/object-refs.ts'
import { RoleEnum } from './roles.ts'

builder.objectType(MembershipObject, {
  description: 'One user in one conversation. A user who returns after leaving has the same membership again.',
  interfaces: [NodeInterface],
  fields: t => ({
    conversation: t.field({
      type: ConversationObject,
      description: 'The conversation of which the user is a member.',
      resolve: ({ conversationId }, _args, { reading }) => reading.requireConversation(conversationId),
    }),
    user: t.field({
      extensions: viewerIndependent,
      type: UserObject,
      description: 'The member.',
      resolve: ({ userId }, _args, { reading }) => reading.getUser(userId),
    }),
    role: t.field({
      extensions: viewerIndependent,
      type: RoleEnum,
      description: 'What the user may do in this conversation.',
      resolve: ({ role }) => role,
    }),
    joinedAt: t.expose('joinedAt', {
      extensions: viewerIndependent,
      type: 'DateTime',
      description: 'When the user last joined.',
    }),
    readSequence: t.int({
      extensions: mostlyViewerIndependent,
      description:
        'The user has read everything up to this sequence. To others it does not move while the user is invisible. Sending moves it, and joining sets it.',
      resolve: async (membership, _args, { reading }) => (await reading.states.markers(membership)).readSequence,
    }),
    deliveredSequence: t.int({
      extensions: mostlyViewerIndependent,
      description:
        'Every event up to this sequence has reached a device of the user; reading delivers too. To others it does not move while the user is invisible.',
      resolve: async (membership, _args, { reading }) => (await reading.states.markers(membership)).deliveredSequence,
    }),
    silencedUntil: t.expose('silencedUntil', {
      extensions: viewerIndependent,
      type: 'DateTime',
      nullable: true,
      description: 'Until then the user may read but not post; null: not silenced.',
    }),
  }),
})

export const MembershipConnectionObject = connectionObject<Membership>('Membership', 'memberships', (t, description) =>
  t.field({ type: MembershipObject, extensions: viewerIndependent, description, resolve: ({ node }) => node }),
)

export const membersList = (conversationId: string): CursorList => ({ kind: 'members', scope: conversationId })

export const membersPage = (
  conversationId: string,
  { rows, hasMore, end }: SearchPage<Membership, number>,
  after: number | undefined,
): Connection<Membership> =>
  connectionOf(
    rows,
    membersList(conversationId),
    ({ joinedSequence }) => [joinedSequence],
    { next: hasMore, previous: after !== undefined },
    end === undefined ? undefined : [end],
  )
