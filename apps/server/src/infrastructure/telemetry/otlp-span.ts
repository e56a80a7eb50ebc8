import { type Span as SdkSpan, SpanStatusCode } from '@opentelemetry/api'
import type { Span, SpanAttributes } from '../../services/telemetry/tracer.ts'
import { parseTraceparent, traceparentOf } from './traceparent.ts'

/** Codes that are failures of the server; every other code is a normal answer. */
const faults: ReadonlySet<string> = new Set(['INTERNAL', 'UNAVAILABLE'])

export class OtlpSpan implements Span {
  readonly traceparent: string
  readonly #span: SdkSpan
  readonly #begunAt = Date.now()

  constructor(span: SdkSpan) {
    this.#span = span
    this.traceparent = traceparentOf(span.spanContext())
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes)
  }

  link(traceparent: string): void {
    const context = parseTraceparent(traceparent)
    if (context !== undefined) this.#span.addLink({ context })
  }

  mark(name: string): void {
    this.#span.addEvent(name)
  }

  end(code = 'OK', at?: number): void {
    this.#span.setAttribute('messenger.code', code)
    if (faults.has(code)) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: code })
    // The end in whole milliseconds may be before the start.
    this.#span.end(at === undefined ? undefined : Math.max(at, this.#begunAt + 1))
  }
}
