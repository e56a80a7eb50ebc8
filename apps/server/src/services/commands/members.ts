import {
  badInput,
  type ConversationId,
  erased,
  forbidden,
  isActive,
  type LeaveReason,
  type Membership,
  type MembershipId,
  newUser,
  notFound,
  requireMayAdd,
  requireMayLeave,
  requireMayRemove,
  type UserId,
} from '@cpc-messenger/messenger'
import type { BatchState, MemberContext } from '../commit/batch-state.ts'
import type { Draft, DraftEvent } from '../commit/draft.ts'
import { changed, type DecisionContext, type UseCase, unchanged } from '../commit/use-case.ts'
import { membersPerCommand } from '../limits/limit-table.ts'
import { additionsOf } from './additions.ts'
import { auditIn } from './audit-entry.ts'
import { joined, resetOnJoining } from './joining.ts'
import { namedByActor, requireRoomForMembers } from './require-room.ts'

export interface Left {
  readonly conversationId: ConversationId
  readonly membershipId: MembershipId
}

interface OfConversation {
  readonly conversationId: ConversationId
}

/** A GROUP is deleted when its last member leaves, because no user could join it again. */
const ending = ({ conversation, membership }: MemberContext, reason: LeaveReason, context: DecisionContext): Draft => {
  const conversationId = conversation.id
  const left: DraftEvent = {
    conversationId,
    body: { type: 'MemberLeft', membershipId: membership.id, userId: membership.userId, reason },
  }
  const rest = { ...conversation, memberCount: conversation.memberCount - 1 }
  const gone = rest.memberCount === 0 && conversation.kind === 'GROUP'
  return {
    conversations: [gone ? erased(rest, context.at) : rest],
    memberships: [membership],
    events: gone ? [left, { conversationId, body: { type: 'ConversationDeleted' } }] : [left],
    audit: gone ? auditIn(conversation, { action: 'CONVERSATION_DELETED' }, context) : [],
  }
}

export const joinConversation: UseCase<OfConversation, Membership> = {
  name: 'joinConversation',
  needs: ({ conversationId }, actor) => ({
    conversations: [conversationId],
    memberships: [actor.userId],
    users: [actor.userId],
    viewerStates: [{ conversationId, userId: actor.userId }],
  }),
  decide({ conversationId }, context) {
    const { actor, state, at } = context
    const conversation = state.requireConversation(conversationId, actor)
    const answer = (end: BatchState) => end.getMembership(conversationId, actor.userId)
    if (state.isMember(conversationId, actor.userId)) return unchanged(answer)
    if (conversation.kind !== 'CHANNEL') throw forbidden('Only a CHANNEL can be joined without being added.')
    // A CHANNEL without members has no owner: the first user to join does not become one.
    const membership = joined(actor.userId, conversationId, 'MEMBER', context)
    return changed(
      {
        conversations: [{ ...conversation, memberCount: conversation.memberCount + 1 }],
        memberships: [membership],
        viewerStates: resetOnJoining([actor.userId], conversationId, context),
        users: state.findUser(actor.userId) === undefined ? [newUser(actor.userId, at)] : [],
        events: [{ conversationId, body: { type: 'MemberJoined', membershipId: membership.id, userId: actor.userId } }],
      },
      answer,
    )
  },
}

export const leaveConversation: UseCase<OfConversation, Left> = {
  name: 'leaveConversation',
  needs: ({ conversationId }, actor) => ({ conversations: [conversationId], memberships: [actor.userId] }),
  decide({ conversationId }, context) {
    const member = context.state.requireMember(conversationId, context.actor)
    requireMayLeave(member.conversation, member.membership)
    return changed(ending(member, 'LEFT', context), () => ({ conversationId, membershipId: member.membership.id }))
  },
}

interface AddMembers extends OfConversation {
  readonly userIds: readonly UserId[]
}

export const addMembers: UseCase<AddMembers, readonly Membership[]> = {
  name: 'addMembers',
  charges: ({ userIds }) => ({ additions: additionsOf(userIds) }),
  needs({ conversationId, userIds }, actor) {
    if (userIds.length === 0 || userIds.length > membersPerCommand)
      throw badInput('userIds', `userIds must have 1 to ${membersPerCommand} users.`)
    return {
      conversations: [conversationId],
      memberships: [actor.userId, ...userIds],
      users: [actor.userId, ...userIds],
      quotas: [actor.userId],
      viewerStates: userIds.map(userId => ({ conversationId, userId })),
    }
  },
  decide({ conversationId, userIds }, context) {
    const { actor, state, at } = context
    const { conversation, membership } = state.requireMember(conversationId, actor)
    const wanted = [...new Set(userIds)]
    const absent = wanted.filter(userId => !state.isMember(conversationId, userId))
    const ended = absent.flatMap(userId => state.findMembership(conversationId, userId)?.leaveReason ?? [])
    requireMayAdd(conversation, membership, ended, at)
    const added = absent.map(userId => joined(userId, conversationId, 'MEMBER', context))
    const answer = (end: BatchState) => wanted.map(userId => end.getMembership(conversationId, userId))
    if (added.length === 0) return unchanged(answer)
    const memberCount = conversation.memberCount + added.length
    requireRoomForMembers(conversation, memberCount, context)
    return changed(
      {
        conversations: [{ ...conversation, memberCount }],
        memberships: added,
        viewerStates: resetOnJoining(absent, conversationId, context),
        users: namedByActor(absent, context),
        events: added.map(({ id, userId }) => ({
          conversationId,
          body: { type: 'MemberJoined' as const, membershipId: id, userId },
        })),
        audit: added.flatMap(({ userId: subjectId, role: after }) =>
          auditIn(conversation, { action: 'MEMBER_ADDED', subjectId, after }, context),
        ),
      },
      answer,
    )
  },
}

interface RemoveMember extends OfConversation {
  readonly userId: UserId
}

export const removeMember: UseCase<RemoveMember, Left> = {
  name: 'removeMember',
  needs: ({ conversationId, userId }, actor) => ({
    conversations: [conversationId],
    memberships: [actor.userId, userId],
  }),
  decide({ conversationId, userId }, context) {
    const { actor, state } = context
    const { conversation, membership } = state.requireMember(conversationId, actor)
    const target = state.findMembership(conversationId, userId)
    if (target === undefined || !isActive(target)) throw notFound('member')
    if (userId === actor.userId) throw forbidden('To remove yourself, leave the conversation.')
    requireMayRemove(conversation, membership, target)
    const act = { action: 'MEMBER_REMOVED', subjectId: userId, before: target.role } as const
    return changed(
      {
        ...ending({ conversation, membership: target }, 'REMOVED', context),
        audit: auditIn(conversation, act, context),
      },
      () => ({ conversationId, membershipId: target.id }),
    )
  },
}
