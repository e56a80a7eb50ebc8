import type { IncomingMessage } from 'node:http'

/**
 * The headers that this server reads and that need a CORS preflight. Code that reads another one adds it here. Browsers'
 * tracers send `tracestate` beside `traceparent`.
 */
export const askedForHeaders = [
  'authorization',
  'content-type',
  'last-event-id',
  'messenger-on-behalf-of',
  'traceparent',
  'tracestate',
] as const

/** The headers of answers that pages of other origins may read. */
export const exposedHeaders = ['allow', 'retry-after', 'www-authenticate'] as const

type AskedForHeader = (typeof askedForHeaders)[number]

/** Undefined if the header is absent or was sent several times with different values. */
export const headerOf = ({ headers }: Pick<IncomingMessage, 'headers'>, name: AskedForHeader): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
