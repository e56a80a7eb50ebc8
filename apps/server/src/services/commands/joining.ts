import type { ConversationId, Membership, Role, UserId } from '@cpc-messenger/messenger'
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
