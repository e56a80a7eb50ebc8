import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '@cpc-messenger/messenger'
import type { GraphQLError } from 'graphql'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { errorTable } from '../../errors/error-table.ts'
import { presentThrown } from '../operations/present-error.ts'
import { acceptedAnswers } from './accepted-answers.ts'
import { HttpRefusal } from './http-refusal.ts'

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorTable, code)

const statusOf = ({ extensions }: GraphQLError): number =>
  isCode(extensions.code) ? errorTable[extensions.code].httpStatus : 400

/** The status of a request that was not executed, per GraphQL over HTTP; a document that is too long is a bad request. */
export const statusOfRefusal = (errors: readonly GraphQLError[]): number =>
  Math.max(...errors.map(error => (statusOf(error) === 413 ? 400 : statusOf(error))))

const headersOf = (request: IncomingMessage, status: number): Record<string, string> => ({
  'content-type': `${acceptedAnswers(request.headers.accept).json ?? 'application/json'}; charset=utf-8`,
  'cache-control': 'no-store',
  ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  // The rest of an unread body would be parsed as the next request.
  ...(request.complete ? {} : { connection: 'close' }),
})

/** The header counts in whole seconds. */
const retryAfter = ({ extensions: { code, retryAfterMs } }: GraphQLError): Record<string, string> =>
  code === 'RATE_LIMITED' && typeof retryAfterMs === 'number'
    ? { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
    : {}

const lingerMs = 1000
const lingerBytes = 4_194_304

/**
 * Closing a connection with unread bytes resets it, and the client may lose the answer. So the rest of the body is read and
 * dropped for a while.
 */
const linger = (request: IncomingMessage, response: ServerResponse): void => {
  let bytes = 0
  const timer = setTimeout(() => response.end(), lingerMs)
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > lingerBytes) response.end()
  })
  request.once('end', () => response.end()).on('error', () => undefined)
  response.once('close', () => clearTimeout(timer))
  request.resume()
}

/** Answers a request that was not executed with the error that was thrown; returns the error's code. */
export const refuse = (request: IncomingMessage, response: ServerResponse, thrown: unknown, log: Logger): string => {
  const error = presentThrown(thrown, log)
  const status = thrown instanceof HttpRefusal ? thrown.status : statusOf(error)
  const own = thrown instanceof HttpRefusal ? thrown.headers : retryAfter(error)
  const body = JSON.stringify({ errors: [error] })
  response.writeHead(status, { ...headersOf(request, status), ...own, 'content-length': Buffer.byteLength(body) })
  if (request.complete) response.end(body)
  else {
    response.write(body)
    linger(request, response)
  }
  return String(error.extensions.code)
}
