import type { RequestHandler } from './transport.ts'

const refusal = JSON.stringify({
  error: { code: 'BAD_USER_INPUT', message: 'This path is read-only. Use GET.' },
})

/** Passes GET and HEAD on, and answers other methods with 405. */
export const readOnly =
  (handler: RequestHandler): RequestHandler =>
  (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') return handler(request, response)
    response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Type': 'application/json; charset=utf-8' })
    response.end(refusal)
  }
