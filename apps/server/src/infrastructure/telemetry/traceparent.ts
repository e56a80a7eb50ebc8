import { isSpanContextValid, type SpanContext } from '@opentelemetry/api'

const form = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

/** Parses a W3C Trace Context; later versions may have more at the end. Undefined if it is invalid. */
export const parseTraceparent = (text: string): SpanContext | undefined => {
  const [, version, traceId = '', spanId = '', flags = '', more] = form.exec(text) ?? []
  const context: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 }
  return isSpanContextValid(context) && (version !== '00' || more === undefined) ? context : undefined
}

export const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-0${traceFlags & 1}`
