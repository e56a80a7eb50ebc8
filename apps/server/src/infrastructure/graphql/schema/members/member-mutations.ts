import type { Membership } from '@cpc-messenger/messenger'
import {
  addMembers,
  joinConversation,
  type Left,
  leaveConversation,
  removeMember,
} from '../../../../services/commands/members.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, memberIdOf, userIdOf } from '../root/ids.ts'
import { MembershipObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'

const conversationInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: t => ({ conversationId: t.id({ required: true, description: 'Which conversation.' }) }),
  })

const JoinConversationInput = conversationInput('JoinConversationInput', 'A CHANNEL to join.')
const LeaveConversationInput = conversationInput('LeaveConversationInput', 'A conversation to leave.')

const AddMembersInput = builder.inputType('AddMembersInput', {
  description: 'Whom to add, and where.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'Which conversation; not a DIRECT one.' }),
    userIds: t.idList({ required: true, description: 'At most 100.' }),
  }),
})

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'Whom to remove, and where.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'Which conversation; not a DIRECT one.' }),
    userId: t.id({ required: true, description: "Somebody whose role is lower than the viewer's." }),
  }),
})

const JoinConversationPayload = builder.objectType(builder.objectRef<Membership>('JoinConversationPayload'), {
  description: 'The viewer is a member.',
  fields: t => ({
    membership: t.field({
      type: MembershipObject,
      description: "The viewer's own.",
      resolve: membership => membership,
    }),
  }),
})

const AddMembersPayload = builder.objectType(
  builder.objectRef<{ readonly memberships: readonly Membership[] }>('AddMembersPayload'),
  {
    description: 'They are members.',
    fields: t => ({
      memberships: t.field({
        type: [MembershipObject],
        description: 'Of all who were named, in their order, each once; those who were members already too.',
        resolve: ({ memberships }) => memberships,
      }),
    }),
  },
)

const leftPayload = (name: string, description: string) =>
  builder.objectType(builder.objectRef<Left>(name), {
    description,
    fields: t => ({
      conversationId: t.exposeID('conversationId', { description: 'Where the membership ended.' }),
      membershipId: t.exposeID('membershipId', { description: 'The membership that ended.' }),
    }),
  })

const LeaveConversationPayload = leftPayload('LeaveConversationPayload', 'The viewer is no longer a member.')
const RemoveMemberPayload = leftPayload('RemoveMemberPayload', 'The user is no longer a member.')

builder.mutationFields(t => ({
  joinConversation: t.field({
    type: JoinConversationPayload,
    nullable: true,
    description: 'Joins a CHANNEL; joining where one is a member already changes nothing.',
    args: { input: t.arg({ type: JoinConversationInput, required: true, description: 'What to join.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, joinConversation, { conversationId: conversationIdOf(input.conversationId) }),
  }),
  leaveConversation: t.field({
    type: LeaveConversationPayload,
    nullable: true,
    description: 'The owner of a conversation with other members hands it over first, or is refused.',
    args: { input: t.arg({ type: LeaveConversationInput, required: true, description: 'What to leave.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, leaveConversation, { conversationId: conversationIdOf(input.conversationId) }),
  }),
  addMembers: t.field({
    type: AddMembersPayload,
    nullable: true,
    description:
      'Adds people, those who have never signed in too; adding a member changes nothing. Whoever was removed is added again by moderators and higher roles only.',
    args: { input: t.arg({ type: AddMembersInput, required: true, description: 'Whom to add, and where.' }) },
    resolve: async (_root, { input }, context) => ({
      memberships: await runCommand(context, addMembers, {
        conversationId: conversationIdOf(input.conversationId),
        userIds: input.userIds.map(id => userIdOf(id)),
      }),
    }),
  }),
  removeMember: t.field({
    type: RemoveMemberPayload,
    nullable: true,
    description: 'Removes a member; moderators and higher roles may.',
    args: { input: t.arg({ type: RemoveMemberInput, required: true, description: 'Whom to remove, and where.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, removeMember, {
        conversationId: conversationIdOf(input.conversationId),
        userId: memberIdOf(input.userId),
      }),
  }),
}))
