import { type Conversation, newUser, type User, type UserId } from '@cpc-messenger/messenger'
import type { DecisionContext } from '../use-case.ts'
import { CapReached } from './limit-reached.ts'
import { caps } from './limit-table.ts'

/** Refuses the actor one more group or channel of their own than they may have. */
export const requireRoomForGroup = ({ actor, state, limits }: DecisionContext): void => {
  const most = limits.groupsPerUser ?? caps.groupsPerUser.most
  if (state.quotas.owned(actor.userId) >= most)
    throw new CapReached(
      'groupsPerUser',
      `You own ${state.quotas.owned(actor.userId)} of ${most} groups and channels allowed. Delete one to create another.`,
    )
}

/** Refuses a group more members than it may have. A channel is open to all. */
export const requireRoomForMembers = (
  { kind }: Pick<Conversation, 'kind'>,
  memberCount: number,
  { limits }: DecisionContext,
): void => {
  const most = limits.membersPerGroup ?? caps.membersPerGroup.most
  if (kind === 'GROUP' && memberCount > most)
    throw new CapReached('membersPerGroup', `A group has ${most} members at most; a CHANNEL may have more.`)
}

/** Those of these whom nobody has heard of yet, as users whom the actor names; refuses more than one may name. */
export const namedByActor = (
  userIds: readonly UserId[],
  { actor, state, at, limits }: DecisionContext,
): readonly User[] => {
  const named = userIds
    .filter(id => state.findUser(id) === undefined)
    .map(id => newUser(id, at, id === actor.userId ? null : actor.userId))
  const others = named.filter(({ namedById }) => namedById !== null).length
  const most = limits.namedUsersPerUser ?? caps.namedUsersPerUser.most
  if (others > 0 && state.quotas.named(actor.userId) + others > most)
    throw new CapReached('namedUsersPerUser', `You have added ${most} users who never signed in, and may not add more.`)
  return named
}
