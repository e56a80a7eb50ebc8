import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Tracer as SdkTracer,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import {
  detectResources,
  envDetector,
  hostDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { Span, SpanStart, Tracer } from '../../services/telemetry/tracer.ts'
import { ThrottledLogger } from '../logging/throttled-logger.ts'
import { OtlpSpan } from './otlp-span.ts'
import { parseTraceparent } from './traceparent.ts'

/** The exporter reads endpoint, headers and timeout from the standard variables itself. */
export interface TraceSettings {
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly sampler: {
    /** The share of traces that is recorded, from 0 to 1. */
    readonly ratio: number
    /** The sampling decision of an incoming trace is kept. */
    readonly parentBased: boolean
  }
  readonly batch: {
    readonly scheduledDelayMillis?: number
    readonly exportTimeoutMillis?: number
    readonly maxQueueSize?: number
    readonly maxExportBatchSize?: number
  }
}

/** How long a shutdown waits for unsent spans. */
const flushMs = 3000

const kinds = { server: SpanKind.SERVER, internal: SpanKind.INTERNAL, consumer: SpanKind.CONSUMER }

/** Sends spans to an OpenTelemetry collector. Spans that cannot be sent are dropped; the server never waits for them. */
export class OtlpTracer implements Tracer, AsyncDisposable {
  readonly #provider: TracerProvider
  readonly #tracer: SdkTracer

  private constructor(provider: TracerProvider, version: string) {
    this.#provider = provider
    this.#tracer = provider.getTracer('cpc-messenger', version)
  }

  static async start({ protocol, sampler, batch }: TraceSettings, log: Logger, version: string): Promise<OtlpTracer> {
    reportFaults(log)
    const service = resourceFromAttributes({ 'service.name': 'cpc-messenger', 'service.version': version })
    // Without the process detector: command arguments may contain secrets.
    const detected = detectResources({ detectors: [hostDetector, serviceInstanceIdDetector, envDetector] })
    const provider = new TracerProvider({
      resource: service.merge(detected),
      sampler: samplerOf(sampler),
      // A commit is linked to all commands of its batch.
      spanLimits: { linkCountLimit: 256 },
      spanProcessors: [new BatchSpanProcessor({ ...batch, exporter: await exporterFor(protocol) })],
    })
    return new OtlpTracer(provider, version)
  }

  begin(name: string, { kind = 'internal', parent, links = [], attributes = {} }: SpanStart = {}): Span | undefined {
    const options = { kind: kinds[kind], attributes, links: links.flatMap(linkTo) }
    const span = this.#tracer.startSpan(name, options, contextOf(parent, kind !== 'internal'))
    return span.isRecording() ? new OtlpSpan(span) : undefined
  }

  /** Sends the remaining spans, for a few seconds at most. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, flushMs)
    const sent = this.#provider.shutdown().catch(error => diag.error('spans were lost', error))
    await Promise.race([sent, late])
    clearTimeout(timer)
    diag.disable()
  }
}

const linkTo = (traceparent: string) => {
  const context = parseTraceparent(traceparent)
  return context === undefined ? [] : [{ context }]
}

const contextOf = (parent: string | undefined, isRemote: boolean): Context => {
  const context = parent === undefined ? undefined : parseTraceparent(parent)
  return context === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...context, isRemote })
}

const samplerOf = ({ ratio, parentBased }: TraceSettings['sampler']): Sampler => {
  const root = rootSampler(ratio)
  return parentBased ? new ParentBasedSampler({ root }) : root
}

const rootSampler = (ratio: number): Sampler => {
  if (ratio === 1) return new AlwaysOnSampler()
  return ratio === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio)
}

const exporterFor = async (protocol: TraceSettings['protocol']): Promise<SpanExporter> => {
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto')
  return new OTLPTraceExporter()
}

/** The exporter repeats its errors while the collector cannot be reached. */
const reportFaults = (log: Logger): void => {
  const throttled = new ThrottledLogger(log)
  const report = (message: string, ...more: unknown[]): void =>
    throttled.warn({ reported: [message, ...more].map(String).join(' ').slice(0, 500) }, 'traces could not be sent')
  const ignore = (): void => undefined
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}
