import { type Conversation, newUser, type User, type UserId } from '@cpc-messenger/messenger'
import type { DecisionContext } from '../commit/use-case.ts'
import { CapReached } from '../limits/limit-reached.ts'
import { caps } from '../limits/limit-table.ts'

/** Refuses the actor one more group or channel of their own than they may have. */
export const requireRoomForGroup = ({ actor, state, limits }: DecisionContext): void => {
  const max = limits.groupsPerUser ?? caps.groupsPerUser.max
  if (state.quotas.owned(actor.userId) >= max)
    throw new CapReached(
      'groupsPerUser',
      `You own ${state.quotas.owned(actor.userId)} of ${max} groups and channels allowed. Delete one to create another.`,
    )
}

/** Refuses a group more members than it may have. A channel is open to all. */
export const requireRoomForMembers = (
  { kind }: Pick<Conversation, 'kind'>,
  memberCount: number,
  { limits }: DecisionContext,
): void => {
  const max = limits.membersPerGroup ?? caps.membersPerGroup.max
  if (kind === 'GROUP' && memberCount > max)
    throw new CapReached('membersPerGroup', `A group has ${max} members at most; a CHANNEL may have more.`)
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
  const max = limits.namedUsersPerUser ?? caps.namedUsersPerUser.max
  if (others > 0 && state.quotas.named(actor.userId) + others > max)
    throw new CapReached('namedUsersPerUser', `You have added ${max} users who never signed in, and may not add more.`)
  return named
}
