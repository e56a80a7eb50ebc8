import type { ErrorCode } from '@cpc-messenger/messenger'
import { closeCodes } from './close-codes.ts'

/** The HTTP status and close codes of one error code. */
interface ErrorPresentation {
  /** The status of an HTTP request that is refused before its operation is executed. */
  readonly httpStatus: 400 | 401 | 403 | 413 | 429 | 500 | 503
  /** `graphql-transport-ws`: the close code if `connection_init` is refused. */
  readonly graphqlClose: number
  /** `messenger.v1`: the close code if a frame is refused before `Connected`, or `stays-open`. */
  readonly messengerClose: number | 'stays-open'
}

const { unauthenticated, tokenEnded, malformed, tooManyRequests, internalError } = closeCodes

/** For errors in the request itself. */
const refused: ErrorPresentation = {
  httpStatus: 400,
  graphqlClose: unauthenticated.graphql,
  messengerClose: 'stays-open',
}

/** Every error code in all its forms. A code that is not here does not compile. */
export const errorTable: Readonly<Record<ErrorCode, ErrorPresentation>> = {
  UNAUTHENTICATED: {
    httpStatus: 401,
    graphqlClose: unauthenticated.graphql,
    messengerClose: unauthenticated.messenger,
  },
  TOKEN_EXPIRED: { httpStatus: 401, graphqlClose: tokenEnded.graphql, messengerClose: tokenEnded.messenger },
  FORBIDDEN: { ...refused, httpStatus: 403 },
  NOT_FOUND: refused,
  BAD_USER_INPUT: { ...refused, graphqlClose: malformed.graphql },
  CONFLICT: refused,
  MESSAGE_DELETED: refused,
  EDIT_WINDOW_CLOSED: refused,
  SILENCED: refused,
  SLOW_MODE: refused,
  RESYNC: refused,
  RATE_LIMITED: { httpStatus: 429, graphqlClose: tooManyRequests.graphql, messengerClose: tooManyRequests.messenger },
  QUERY_TOO_COMPLEX: { ...refused, httpStatus: 413 },
  UNAVAILABLE: { httpStatus: 503, graphqlClose: tooManyRequests.graphql, messengerClose: 'stays-open' },
  INTERNAL: { httpStatus: 500, graphqlClose: internalError.graphql, messengerClose: 'stays-open' },
}
