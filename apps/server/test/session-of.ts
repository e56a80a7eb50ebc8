import type { Instant, UserId } from '@cpc-messenger/messenger'
import { actorOf } from '../src/services/identity/actor.ts'
import type { Session } from '../src/services/identity/sign-in.ts'

/** The session of a token that was just verified. */
export const sessionOf = (userId: UserId, tokenExpiresAt: Instant): Session => ({
  actor: actorOf(userId),
  tokenExpiresAt,
  token: { userId, sessionId: undefined, issuedAt: 0 },
})
