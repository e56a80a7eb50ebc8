import { unauthenticated } from '@cpc-messenger/messenger'

const bearer = /^Bearer +(\S+) *$/i

/** The token of an Authorization header; undefined where there is no header, or one of another form. */
export const findBearerToken = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1]

/** As `findBearerToken`, but throws UNAUTHENTICATED where the header has another form. */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  const token = findBearerToken(authorization)
  if (token === undefined && authorization !== undefined)
    throw unauthenticated('The Authorization header is not of the form: Bearer TOKEN.')
  return token
}
