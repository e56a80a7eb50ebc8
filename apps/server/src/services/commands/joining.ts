import type { ConversationId, Membership, Role, UserId, ViewerState } from '@cpc-messenger/messenger'
import type { DecisionContext } from '../commit/use-case.ts'

/** An active membership: the user's earlier one in this conversation, renewed, or a new one. */
export const joined = (
  userId: UserId,
  conversationId: ConversationId,
  role: Role,
  { state, at, ids }: DecisionContext,
): Membership => {
  const before = state.findMembership(conversationId, userId)
  return {
    id: before?.id ?? ids.membershipId(),
    conversationId,
    userId,
    role,
    joinedAt: at,
    firstJoinedSequence: before?.firstJoinedSequence ?? 0,
    joinedSequence: 0,
    leftSequence: null,
    silencedUntil: before?.silencedUntil ?? null,
    lastPostedAt: before?.lastPostedAt ?? null,
    leaveReason: null,
  }
}

/** A user who joins again has marked nothing as unread and archived nothing. */
export const resetOnJoining = (
  userIds: readonly UserId[],
  conversationId: ConversationId,
  { state }: DecisionContext,
): readonly ViewerState[] =>
  userIds.flatMap(userId => {
    const before = state.viewerState({ conversationId, userId })
    const isNew = before.markedUnreadFrom === null && before.archivedAt === null
    return isNew ? [] : [{ ...before, markedUnreadFrom: null, archivedAt: null }]
  })
