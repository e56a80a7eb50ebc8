import type { Membership } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { conversationId, instant, membershipId, userId, wireInstant, wireInstantOrNull } from './scalars.ts'

export const roleSchema = z
  .enum(['MEMBER', 'MODERATOR', 'ADMIN', 'OWNER'])
  .describe('In ascending order of permissions. A client treats an unknown role as MEMBER.')

export const membershipSchema = z
  .object({
    id: membershipId,
    conversationId,
    userId,
    role: roleSchema,
    joinedAt: instant,
    silencedUntil: instant.nullable().describe('Until then the user may read but not write; null: may write.'),
  })
  .describe('One user in one conversation, as the membership is when the event is delivered.')

/** A membership on the wire. */
export type WireMembership = z.infer<typeof membershipSchema>

/** The wire form of a membership. */
export const toWireMembership = (membership: Membership): WireMembership => ({
  id: membership.id,
  conversationId: membership.conversationId,
  userId: membership.userId,
  role: membership.role,
  joinedAt: wireInstant(membership.joinedAt),
  silencedUntil: wireInstantOrNull(membership.silencedUntil),
})
