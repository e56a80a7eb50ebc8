import type { Membership } from '@cpc-messenger/messenger'
import {
  addMembers,
  joinConversation,
  type Left,
  leaveConversation,
  removeMember,
} from '../../../../services/commands/members.ts'
import { membersPerCommand } from '../../../../services/limits/limit-table.ts'
import { builder } from '../root/builder.ts'
import { conversationIdOf, memberIdOf, userIdOf } from '../root/ids.ts'
import { MembershipObject } from '../root/object-refs.ts'
import { runCommand } from '../root/run-command.ts'

const conversationInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: t => ({ conversationId: t.id({ required: true, description: 'The conversation.' }) }),
  })

const JoinConversationInput = conversationInput('JoinConversationInput', 'A CHANNEL to join.')
const LeaveConversationInput = conversationInput('LeaveConversationInput', 'A conversation to leave.')

const AddMembersInput = builder.inputType('AddMembersInput', {
  description: 'The users to add.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'The conversation; not a DIRECT one.' }),
    userIds: t.idList({ required: true, description: `At most ${membersPerCommand} users.` }),
  }),
})

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'The member to remove.',
  fields: t => ({
    conversationId: t.id({ required: true, description: 'The conversation; not a DIRECT one.' }),
    userId: t.id({ required: true, description: "A member whose role is lower than the viewer's." }),
  }),
})

const JoinConversationPayload = builder.objectType(builder.objectRef<Membership>('JoinConversationPayload'), {
  description: 'The viewer is a member.',
  fields: t => ({
    membership: t.field({
      type: MembershipObject,
      description: "The viewer's own membership.",
      resolve: membership => membership,
    }),
  }),
})

const AddMembersPayload = builder.objectType(
  builder.objectRef<{ readonly memberships: readonly Membership[] }>('AddMembersPayload'),
  {
    description: 'The users are members.',
    fields: t => ({
      memberships: t.field({
        type: [MembershipObject],
        description:
          'The memberships of all given users, in the given order and each once, including those who were members already.',
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
    description: 'Joins a CHANNEL. If the viewer is a member already, nothing changes.',
    args: { input: t.arg({ type: JoinConversationInput, required: true, description: 'What to join.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, joinConversation, { conversationId: conversationIdOf(input.conversationId) }),
  }),
  leaveConversation: t.field({
    type: LeaveConversationPayload,
    nullable: true,
    description:
      'Leaves a conversation. The owner is refused while there are other members: they have to hand it over first.',
    args: { input: t.arg({ type: LeaveConversationInput, required: true, description: 'What to leave.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, leaveConversation, { conversationId: conversationIdOf(input.conversationId) }),
  }),
  addMembers: t.field({
    type: AddMembersPayload,
    nullable: true,
    description:
      'Adds users, including those who have never signed in. Adding a member changes nothing. Only moderators and higher roles may add a user again who was removed.',
    args: { input: t.arg({ type: AddMembersInput, required: true, description: 'The users to add.' }) },
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
    description: 'Removes a member. Requires the role MODERATOR or higher.',
    args: { input: t.arg({ type: RemoveMemberInput, required: true, description: 'The member to remove.' }) },
    resolve: (_root, { input }, context) =>
      runCommand(context, removeMember, {
        conversationId: conversationIdOf(input.conversationId),
        userId: memberIdOf(input.userId),
      }),
  }),
}))
