import type { IncomingMessage } from 'node:http'
import { unauthenticated } from '@cpc-messenger/messenger'
import type { Session } from '../../../services/sign-in.ts'
import type { GraphQLParts } from '../execution/graphql-parts.ts'

const bearer = /^Bearer +(\S+) *$/i

/** The token of an Authorization header; undefined where there is none, refused where it is not a bearer's. */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined) return undefined
  const [, token] = bearer.exec(authorization) ?? []
  if (token === undefined) throw unauthenticated('The Authorization header is not of the form: Bearer TOKEN.')
  return token
}

/** Who sends a request; undefined where no token came. */
export const httpSession = async (
  request: IncomingMessage,
  { signIn, proxies }: Pick<GraphQLParts, 'signIn' | 'proxies'>,
): Promise<Session | undefined> => {
  const { headers } = request
  const token = bearerToken(headers.authorization)
  if (token === undefined) return undefined
  const onBehalfOf = headers['messenger-on-behalf-of']
  return signIn.byToken(token, Array.isArray(onBehalfOf) ? onBehalfOf[0] : onBehalfOf, proxies?.blockOf(request))
}
