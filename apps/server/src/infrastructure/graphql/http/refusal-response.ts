import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorCode } from '@cpc-messenger/messenger'
import type { GraphQLError } from 'graphql'

const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  UNAUTHENTICATED: 401,
  TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  QUERY_TOO_COMPLEX: 413,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
}

const isCode = (code: unknown): code is keyof typeof statuses => typeof code === 'string' && code in statuses

export const statusOf = ({ extensions }: GraphQLError): number =>
  isCode(extensions.code) ? (statuses[extensions.code] ?? 400) : 400

/** Of a request that came to no execution, as GraphQL over HTTP has it; too long a document is a bad request. */
export const statusOfRefusal = (errors: readonly GraphQLError[]): number =>
  Math.max(...errors.map(error => (statusOf(error) === 413 ? 400 : statusOf(error))))

/** Answers a request of which no operation came to be carried out. */
export const refuse = (request: IncomingMessage, response: ServerResponse, error: GraphQLError): void => {
  const status = statusOf(error)
  const wanted = request.headers.accept ?? ''
  const type = wanted.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json'
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    // What is left of an unread body would be taken for the next request.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(JSON.stringify({ errors: [error] }))
}
