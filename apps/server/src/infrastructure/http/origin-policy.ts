import type { IncomingMessage, ServerResponse } from 'node:http'

/** Whose pages may connect: those of the server's own origin, anybody's, or those of these origins. */
export type AllowedOrigins = 'own' | 'any' | ReadonlySet<string>

/** Requests without an origin come from no browser's page, and pass. */
export const mayConnect = (request: IncomingMessage, allowed: AllowedOrigins): boolean => {
  const { origin, host } = request.headers
  if (origin === undefined || allowed === 'any') return true
  if (allowed === 'own') return host !== undefined && URL.parse(origin)?.host === host.toLowerCase()
  return allowed.has(origin.toLowerCase())
}

export const allowOrigin = (request: IncomingMessage, response: ServerResponse, allowed: AllowedOrigins): void => {
  const { origin } = request.headers
  if (allowed !== 'any') response.setHeader('Vary', 'Origin')
  if (origin === undefined || !mayConnect(request, allowed)) return
  response.setHeader('Access-Control-Allow-Origin', allowed === 'any' ? '*' : origin)
}

export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined

/** Without the origin being allowed the answer holds nothing that would let a browser go on. */
export const answerPreflight = (request: IncomingMessage, response: ServerResponse, allowed: AllowedOrigins): void => {
  if (mayConnect(request, allowed)) {
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS')
    response.setHeader(
      'Access-Control-Allow-Headers',
      'authorization, content-type, last-event-id, messenger-on-behalf-of',
    )
    response.setHeader('Access-Control-Max-Age', '600')
  }
  response.writeHead(204).end()
}
