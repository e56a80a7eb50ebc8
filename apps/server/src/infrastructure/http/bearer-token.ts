import { unauthenticated } from '@cpc-messenger/messenger'

const bearer = /^Bearer +(\S+) *$/i

/** The token of an Authorization header; undefined without a header. Throws UNAUTHENTICATED where it has another form. */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined) return undefined
  const [, token] = bearer.exec(authorization) ?? []
  if (token === undefined) throw unauthenticated('The Authorization header is not of the form: Bearer TOKEN.')
  return token
}
