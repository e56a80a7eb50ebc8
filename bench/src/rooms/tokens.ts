import { parseUserId } from '@cpc-messenger/messenger'
import { secretSigner, signToken } from '../../../apps/server/src/infrastructure/auth/sign-token.ts'

const leastTtlSeconds = 3600
let made = 0

/** A new token that a server with this secret accepts for longer than any run takes. */
export const tokenFor = (jwtSecret: string, name: string): Promise<string> => {
  const userId = parseUserId(name)
  if (userId === undefined) throw new TypeError(`${name} is not a user id`)
  made += 1
  const ttlSeconds = leastTtlSeconds + made
  return signToken(secretSigner(jwtSecret), { userId, issuedAt: Date.now(), ttlSeconds })
}
