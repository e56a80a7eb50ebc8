import type { IncomingMessage, ServerResponse } from 'node:http'
import { askedForHeaders, exposedHeaders } from '../http/request-headers.ts'
import { isOriginOf, originOf } from '../network/origin.ts'
import type { TrustedProxies } from '../network/trusted-proxies.ts'

/** Which pages may connect: those of the same origin, of any origin, or of these origins in the form of `originOf`. */
export type AllowedOrigins = 'own' | 'any' | ReadonlySet<string>

interface OriginPolicyOptions {
  readonly allowed: AllowedOrigins
  /** The proxies whose forwarded host and scheme are used. */
  readonly proxies: TrustedProxies
}

/** Decides which web pages may connect, over HTTP and WebSocket. */
export class OriginPolicy {
  readonly #allowed: AllowedOrigins
  readonly #proxies: TrustedProxies

  constructor({ allowed, proxies }: OriginPolicyOptions) {
    this.#allowed = allowed
    this.#proxies = proxies
  }

  /** Requests without an Origin header do not come from a page of another origin, and pass. */
  mayConnect(request: IncomingMessage): boolean {
    const { headers } = request
    if (headers.origin === undefined || this.#allowed === 'any') return true
    const origin = originOf(headers.origin)
    if (origin === undefined) return false
    return this.#allowed === 'own' ? this.#isOwn(request, origin) : this.#allowed.has(origin)
  }

  /** Lets a page of an allowed origin read the answer. */
  allow(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers
    if (this.#allowed !== 'any') response.setHeader('Vary', 'Origin')
    if (origin === undefined || !this.mayConnect(request)) return
    response.setHeader('Access-Control-Allow-Origin', this.#allowed === 'any' ? '*' : origin)
    response.setHeader('Access-Control-Expose-Headers', exposedHeaders.join(', '))
  }

  /** For an origin that is not allowed the response has no CORS headers, so the browser refuses it. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): void {
    if (this.mayConnect(request)) {
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, OPTIONS')
      response.setHeader('Access-Control-Allow-Headers', askedForHeaders.join(', '))
      response.setHeader('Access-Control-Max-Age', '600')
    }
    response.writeHead(204).end()
  }

  #isOwn(request: IncomingMessage, origin: string): boolean {
    const host = this.#proxies.forwardedHost(request) ?? request.headers.host
    return host !== undefined && isOriginOf(origin, host, this.#proxies.forwardedScheme(request))
  }
}

export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined
