import type { ConversationId, Membership, Role, UserId } from '@cpc-messenger/messenger'
import type { DecisionContext } from './use-case.ts'

/** A standing membership: the one that the user had here before, taken up again, or a new one. */
export const joined = (
  userId: UserId,
  conversationId: ConversationId,
  role: Role,
  { state, at, ids }: DecisionContext,
): Membership => ({
  id: state.findMembership(conversationId, userId)?.id ?? ids.membershipId(),
  conversationId,
  userId,
  role,
  joinedAt: at,
  joinedSequence: 0,
  leftSequence: null,
  silencedUntil: state.findMembership(conversationId, userId)?.silencedUntil ?? null,
  lastPostedAt: state.findMembership(conversationId, userId)?.lastPostedAt ?? null,
})
