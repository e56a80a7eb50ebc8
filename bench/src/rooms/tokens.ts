import { parseUserId } from '@cpc-messenger/messenger'
import { secretSigner, signToken } from '../../../apps/server/src/infrastructure/auth/sign-token.ts'

const ttlSeconds = 3600

/** A token that a server with this secret accepts for longer than any run takes. */
export const tokenFor = (jwtSecret: string, name: string): Promise<string> => {
  const userId = parseUserId(name)
  if (userId === undefined) throw new TypeError(`${name} is no user id`)
  return signToken(secretSigner(jwtSecret), { userId, issuedAt: Date.now(), ttlSeconds })
}
