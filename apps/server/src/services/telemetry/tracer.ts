/** Who begins a piece of work: a client, this process itself, or another node. */
export type SpanKind = 'server' | 'internal' | 'consumer'
/** Never an id of a user, a text or a token. */
export type SpanAttributes = Readonly<Record<string, string | number>>

export interface SpanStart {
  /** `internal` by default. */
  readonly kind?: SpanKind
  /** The `traceparent` of its cause. Without a valid one, the span begins a new trace. */
  readonly parent?: string | undefined
  /** The `traceparent` of each span that is related to this one and is not its parent. */
  readonly links?: readonly string[]
  readonly attributes?: SpanAttributes
}

/** A piece of work that is being recorded. Calls are cheap, never throw, and do nothing once it has ended. */
export interface Span {
  /** A W3C `traceparent`, the parent of spans that this one causes, on this node or another. */
  readonly traceparent: string
  set(attributes: SpanAttributes): void
  link(traceparent: string): void
  /** Records an event in the span at the current time. */
  mark(name: string): void
  /** `code` is `OK` or an error code; only a fault of the server counts as an error. `at` is in epoch milliseconds, now by default. */
  end(code?: string, at?: number): void
}

/**
 * Records the way from a request over its commit to deliveries on all nodes. Without tracing there is no tracer and no cost.
 */
export interface Tracer {
  /** Undefined if the trace is not sampled. Begin no spans for its consequences then. */
  begin(name: string, start?: SpanStart): Span | undefined
}
