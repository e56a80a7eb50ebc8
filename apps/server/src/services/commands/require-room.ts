import { type Conversation, newUser, type User, type UserId } from '@cpc-messenger/messenger'
import type { DecisionContext } from '../commit/use-case.ts'
import { CapReached } from '../limits/limit-reached.ts'
import { caps } from '../limits/limit-table.ts'

/** Refuses to create a group or channel if the actor owns the most allowed already. */
export const requireRoomForGroup = ({ actor, state, limits }: DecisionContext): void => {
  const max = limits.groupsPerUser ?? caps.groupsPerUser.max
  if (state.quotas.owned(actor.userId) >= max)
    throw new CapReached(
      'groupsPerUser',
      `You own ${state.quotas.owned(actor.userId)} of ${max} groups and channels allowed. Delete one to create another.`,
    )
}

/** Refuses more members than a group may have. A channel may have any number. */
export const requireRoomForMembers = (
  { kind }: Pick<Conversation, 'kind'>,
  memberCount: number,
  { limits }: DecisionContext,
): void => {
  const max = limits.membersPerGroup ?? caps.membersPerGroup.max
  if (kind === 'GROUP' && memberCount > max)
    throw new CapReached('membersPerGroup', `A group may have at most ${max} members. A CHANNEL may have more.`)
}

/** Rows for users who have no row yet, as named by the actor. Refuses more than the actor may name. */
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
    throw new CapReached('namedUsersPerUser', `You have added ${max} users who never signed in, which is the maximum.`)
  return named
}
