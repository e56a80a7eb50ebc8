import { unauthenticated } from '@cpc-messenger/messenger'

const bearer = /^Bearer +(\S+) *$/i

/** The token of an Authorization header; undefined if it is missing or malformed. */
export const findBearerToken = (authorization: string | undefined): string | undefined =>
  authorization === undefined ? undefined : bearer.exec(authorization)?.[1]

/** Like `findBearerToken`, but throws UNAUTHENTICATED if the header has another form. */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  const token = findBearerToken(authorization)
  if (token === undefined && authorization !== undefined)
    throw unauthenticated('The Authorization header must have the form: Bearer TOKEN.')
  return token
}
