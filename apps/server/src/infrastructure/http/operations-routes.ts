import { setTimeout as after } from 'node:timers/promises'
import type { Log } from '../../services/log.ts'
import type { TransportName } from '../../services/meter.ts'
import type { RequestHandler } from '../transport.ts'
import { answerError, answerJson } from './answers.ts'
import { homePage } from './home-page.ts'

export interface OperationsRoutesOptions {
  readonly draining: () => boolean
  /** Rejects where the store does not answer. */
  readonly ping: () => Promise<void>
  readonly bus: () => 'up' | 'degraded'
  readonly metrics: { readonly contentType: string; render(): Promise<string> }
  readonly transports: ReadonlySet<TransportName>
  readonly log: Log
}

const pingMs = 2000

const reading =
  (handler: RequestHandler): RequestHandler =>
  (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') return handler(request, response)
    response.setHeader('Allow', 'GET, HEAD')
    answerError(response, 405, 'BAD_USER_INPUT', 'This path is only read.')
  }

const answersInTime = async ({ ping, log }: OperationsRoutesOptions): Promise<boolean> => {
  const timer = new AbortController()
  const tooLate = after(pingMs, 'late', { signal: timer.signal })
  try {
    return (await Promise.race([ping(), tooLate])) !== 'late'
  } catch (error) {
    log.warn({ error }, 'the storage does not answer')
    return false
  } finally {
    timer.abort()
    await tooLate.catch(() => undefined)
  }
}

const readiness =
  (options: OperationsRoutesOptions): RequestHandler =>
  async (_request, response) => {
    const unready = (reason: string): void => answerJson(response, 503, { status: 'unready', reason })
    if (options.draining()) unready('draining')
    else if (!(await answersInTime(options))) unready('storage does not answer')
    else answerJson(response, 200, { status: 'ready', bus: options.bus() })
  }

/** What those who run the server ask it, and the page at its root. */
export const operationsRoutes = (options: OperationsRoutesOptions): ReadonlyMap<string, RequestHandler> => {
  const page = homePage(options.transports)
  const { metrics } = options
  return new Map<string, RequestHandler>([
    ['/healthz', reading((_request, response) => answerJson(response, 200, { status: 'ok' }))],
    ['/readyz', reading(readiness(options))],
    [
      '/metrics',
      reading(async (_request, response) => {
        const text = await metrics.render()
        response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text)
      }),
    ],
    [
      '/',
      reading((_request, response) => {
        const security = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': security })
        response.end(page)
      }),
    ],
  ])
}
