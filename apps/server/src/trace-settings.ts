import type { TraceSettings } from './infrastructure/telemetry/otlp-tracer.ts'

interface TraceFault {
  readonly name: string
  readonly problem: string
  readonly example?: string
}

/** OpenTelemetry's own variables, which all services of a company may share. Those that do not concern traces are ignored. */
type Environment = NodeJS.Dict<string>

const samplers: Readonly<Record<string, { readonly ratio: number | 'argument'; readonly parentBased: boolean }>> = {
  always_on: { ratio: 1, parentBased: false },
  always_off: { ratio: 0, parentBased: false },
  traceidratio: { ratio: 'argument', parentBased: false },
  parentbased_always_on: { ratio: 1, parentBased: true },
  parentbased_always_off: { ratio: 0, parentBased: true },
  parentbased_traceidratio: { ratio: 'argument', parentBased: true },
}

const batchVariables = {
  OTEL_BSP_SCHEDULE_DELAY: 'scheduledDelayMillis',
  OTEL_BSP_EXPORT_TIMEOUT: 'exportTimeoutMillis',
  OTEL_BSP_MAX_QUEUE_SIZE: 'maxQueueSize',
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: 'maxExportBatchSize',
} as const

const endpoints = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const

const given = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

/** Tracing is on if a collector or an exporter is set and tracing is not disabled. */
const isOn = (env: Environment): boolean => {
  if (given(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return false
  const exporter = given(env, 'OTEL_TRACES_EXPORTER')
  if (exporter === 'none') return false
  return exporter !== undefined || endpoints.some(name => given(env, name) !== undefined)
}

const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '')

/**
 * Reads how traces are recorded; undefined if tracing is off. Faults are added to `faults`; if tracing is off there
 * are none.
 */
export const readTraceSettings = (env: Environment, faults: TraceFault[]): TraceSettings | undefined => {
  if (!isOn(env)) return undefined
  const reportInvalid = (name: string, must: string, example: string): void => {
    faults.push({ name, problem: `must be ${must}, not ${JSON.stringify(given(env, name))}`, example })
  }
  const exporter = given(env, 'OTEL_TRACES_EXPORTER') ?? 'otlp'
  if (exporter !== 'otlp') reportInvalid('OTEL_TRACES_EXPORTER', 'otlp or none', 'OTEL_TRACES_EXPORTER=otlp')
  for (const name of endpoints) {
    const endpoint = given(env, name)
    // The value may contain a password and is not shown.
    if (endpoint !== undefined && !isHttpUrl(endpoint))
      faults.push({ name, problem: 'must be an http or https URL', example: `${name}=http://127.0.0.1:4318` })
  }
  return {
    protocol: protocolOf(env, reportInvalid),
    sampler: samplerOf(env, reportInvalid),
    batch: batchOf(env, reportInvalid),
  }
}

type ReportInvalid = (name: string, must: string, example: string) => void

const protocolOf = (env: Environment, reportInvalid: ReportInvalid): TraceSettings['protocol'] => {
  const ofTraces = 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
  const name = given(env, ofTraces) === undefined ? 'OTEL_EXPORTER_OTLP_PROTOCOL' : ofTraces
  const protocol = given(env, name) ?? 'http/protobuf'
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol
  reportInvalid(name, 'http/protobuf or http/json', `${name}=http/protobuf`)
  return 'http/protobuf'
}

const samplerOf = (env: Environment, reportInvalid: ReportInvalid): TraceSettings['sampler'] => {
  const sampler = new Map(Object.entries(samplers)).get(given(env, 'OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on')
  if (sampler === undefined) {
    const example = 'OTEL_TRACES_SAMPLER=parentbased_traceidratio'
    reportInvalid('OTEL_TRACES_SAMPLER', `one of ${Object.keys(samplers).join(', ')}`, example)
    return { ratio: 0, parentBased: false }
  }
  const { ratio, parentBased } = sampler
  if (ratio !== 'argument') return { ratio, parentBased }
  const share = Number(given(env, 'OTEL_TRACES_SAMPLER_ARG') ?? 1)
  if (!(share >= 0 && share <= 1))
    reportInvalid('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1', 'OTEL_TRACES_SAMPLER_ARG=0.01')
  return { ratio: share, parentBased }
}

const batchOf = (env: Environment, reportInvalid: ReportInvalid): TraceSettings['batch'] => {
  const options = Object.entries(batchVariables).flatMap(([name, option]) => {
    const text = given(env, name)
    if (text === undefined) return []
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < 1) reportInvalid(name, 'a whole number above 0', `${name}=1000`)
    return [[option, value]]
  })
  return Object.fromEntries(options)
}
