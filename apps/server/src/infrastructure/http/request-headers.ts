import type { IncomingMessage } from 'node:http'

/**
 * The headers that this server reads and that a page of another origin may send only after it has asked: whoever reads
 * another one adds it here. `tracestate` comes with `traceparent` from the tracers of browsers.
 */
export const askedForHeaders = [
  'authorization',
  'content-type',
  'last-event-id',
  'messenger-on-behalf-of',
  'traceparent',
  'tracestate',
] as const

/** The headers of answers that a page of another origin may read. */
export const exposedHeaders = ['allow', 'retry-after', 'www-authenticate'] as const

export type AskedForHeader = (typeof askedForHeaders)[number]

/** Undefined where it did not come, or came several times as different things. */
export const headerOf = ({ headers }: Pick<IncomingMessage, 'headers'>, name: AskedForHeader): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
