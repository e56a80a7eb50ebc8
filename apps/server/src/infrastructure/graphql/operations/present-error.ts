import { type ErrorCode, errorCodes, Refusal } from '@cpc-messenger/messenger'
import { GraphQLError } from 'graphql'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { reportInternalError } from '../../errors/internal-error.ts'
import { cutText } from './cut-text.ts'

const known: ReadonlySet<unknown> = new Set(errorCodes)
const tooMuch = /more than \d+ (?:tokens|UTF-16 code units)\. Parsing aborted|Validation aborted/

/** Messages of graphql show values and names of the request, of any length. */
const maxMessageLength = 1000

const coded = (error: GraphQLError, code: ErrorCode, message: string, extensions: object): GraphQLError =>
  new GraphQLError(cutText(message, maxMessageLength), {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    path: error.path,
    extensions: { ...extensions, code },
  })

/** What the resolver threw; undefined if graphql itself refused the request. */
const causeOf = (error: GraphQLError): unknown => {
  let cause: unknown = error.cause ?? error.originalError
  while (cause instanceof GraphQLError) cause = cause.cause ?? cause.originalError
  return cause
}

const internal = (error: GraphQLError, cause: unknown, log: Logger): GraphQLError => {
  const { code, message, errorId } = reportInternalError(cause, log, 'a resolver failed', {
    path: error.path?.join('.'),
  })
  return coded(error, code, message, { errorId })
}

/** Whether the error means that the store is unavailable, before or after `presentError`. */
export const saysUnavailable = (error: GraphQLError): boolean => {
  if (known.has(error.extensions.code)) return error.extensions.code === 'UNAVAILABLE'
  const cause = causeOf(error)
  return cause instanceof Refusal && cause.code === 'UNAVAILABLE'
}

/** The error as it is sent: with a code of the contract and without internals. Idempotent. */
export const presentError = (error: GraphQLError, log: Logger): GraphQLError => {
  if (known.has(error.extensions.code)) return error
  const cause = causeOf(error)
  if (cause instanceof Refusal) {
    if (cause.code === 'UNAVAILABLE') log.warn({ err: cause }, 'a request could not be answered')
    return coded(error, cause.code, cause.message, cause.details)
  }
  if (cause !== undefined) return internal(error, cause, log)
  const code = tooMuch.test(error.message) ? 'QUERY_TOO_COMPLEX' : 'BAD_USER_INPUT'
  return coded(error, code, error.message, error.extensions)
}

/** Like `presentError`, for anything that was thrown outside of an execution. */
export const presentThrown = (thrown: unknown, log: Logger): GraphQLError =>
  presentError(thrown instanceof GraphQLError ? thrown : new GraphQLError('', { cause: thrown }), log)
