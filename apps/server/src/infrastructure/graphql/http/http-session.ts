import type { IncomingMessage } from 'node:http'
import { unauthenticated } from '@cpc-messenger/messenger'
import type { Session } from '../../../services/sign-in.ts'
import { headerOf } from '../../request-headers.ts'
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
  const token = bearerToken(headerOf(request, 'authorization'))
  if (token === undefined) return undefined
  return signIn.byToken(token, headerOf(request, 'messenger-on-behalf-of'), proxies?.blockOf(request))
}
