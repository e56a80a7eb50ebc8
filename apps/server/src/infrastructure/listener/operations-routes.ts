import { setTimeout as after } from 'node:timers/promises'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { TransportName } from '../../services/telemetry/meter.ts'
import { answerJson } from '../http/answers.ts'
import { readOnly } from '../http/read-only.ts'
import type { RequestHandler } from '../http/transport.ts'
import { homePage } from './home-page.ts'

export interface Metrics {
  readonly contentType: string
  render(): Promise<string>
}

export interface OperationsRoutesOptions {
  readonly draining: () => boolean
  /** Rejects if the storage does not respond. */
  readonly ping: () => Promise<void>
  readonly bus: () => 'up' | 'degraded'
  /** Undefined if metrics are on another port. */
  readonly metrics: Metrics | undefined
  /** Whether a browser gets GraphiQL. */
  readonly graphiql: boolean
  readonly transports: ReadonlySet<TransportName>
  readonly log: Logger
}

const pingMs = 2000

const answersInTime = async ({ ping, log }: OperationsRoutesOptions): Promise<boolean> => {
  const timer = new AbortController()
  const tooLate = after(pingMs, 'late', { signal: timer.signal })
  try {
    return (await Promise.race([ping(), tooLate])) !== 'late'
  } catch (error) {
    log.warn({ error }, 'the storage does not respond')
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

/** The metrics, for Prometheus. */
export const metricsRoutes = (metrics: Metrics): ReadonlyMap<string, RequestHandler> =>
  new Map([
    [
      '/metrics',
      readOnly(async (_request, response) => {
        const text = await metrics.render()
        response.writeHead(200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' }).end(text)
      }),
    ],
  ])

/** The endpoints for operators, and the page at `/`. */
export const operationsRoutes = (options: OperationsRoutesOptions): ReadonlyMap<string, RequestHandler> => {
  const page = homePage(options)
  return new Map<string, RequestHandler>([
    ['/healthz', readOnly((_request, response) => answerJson(response, 200, { status: 'ok' }))],
    ['/readyz', readOnly(readiness(options))],
    ...(options.metrics === undefined ? [] : metricsRoutes(options.metrics)),
    [
      '/',
      readOnly((_request, response) => {
        const security = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': security })
        response.end(page)
      }),
    ],
  ])
}
