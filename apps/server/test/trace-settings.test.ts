import { describe, expect, it } from 'vitest'
import { readSettings, SettingsError } from '../src/settings.ts'

const read = (env: NodeJS.Dict<string>) => readSettings({ argv: [], env, envFile: '/nowhere/.env' }).tracing

const faultsOf = (env: NodeJS.Dict<string>): readonly string[] => {
  try {
    read(env)
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split('\n')
    throw error
  }
  return []
}

const on = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
const everything = {
  protocol: 'http/protobuf',
  sampler: { ratio: 1, parentBased: true },
  batch: {},
}

describe('tracing', () => {
  it.each([
    [{}],
    [{ OTEL_SERVICE_NAME: 'chat', OTEL_TRACES_SAMPLER: 'nonsense' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '  ' }],
    [{ ...on, OTEL_SDK_DISABLED: 'TRUE' }],
    [{ ...on, OTEL_TRACES_EXPORTER: 'none' }],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://127.0.0.1:4318' }],
  ])('is off with %j', env => {
    expect(read(env)).toBeUndefined()
  })

  it.each([
    [on],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example.com/v1/traces' }],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }],
    [{ ...on, OTEL_SDK_DISABLED: 'false' }],
  ])('is on with %j', env => {
    expect(read(env)).toEqual(everything)
  })

  it.each([
    ['always_on', undefined, 1, false],
    ['always_off', undefined, 0, false],
    ['traceidratio', '0.25', 0.25, false],
    ['traceidratio', undefined, 1, false],
    ['parentbased_always_off', undefined, 0, true],
    ['parentbased_traceidratio', '0', 0, true],
  ])('records as the sampler %s with %s says', (name, argument, ratio, parentBased) => {
    const env = { ...on, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument }
    expect(read(env)?.sampler).toEqual({ ratio, parentBased })
  })

  it('takes the protocol of traces before that of all signals, and sizes of batches', () => {
    const protocols = {
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    }
    expect(read({ ...on, ...protocols })?.protocol).toBe('http/json')
    const sizes = { OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_BSP_MAX_QUEUE_SIZE: '9' }
    expect(read({ ...on, ...sizes })?.batch).toEqual({ scheduledDelayMillis: 100, maxQueueSize: 9 })
  })

  it('stops the start where a variable is wrong, with a line for each', () => {
    const faults = faultsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'user:secret@collector:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '10%',
      OTEL_BSP_SCHEDULE_DELAY: '-1',
      PORT: 'x',
    })
    expect(faults.map(line => line.split(':')[0])).toEqual([
      'PORT',
      'OTEL_TRACES_EXPORTER',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_TRACES_SAMPLER_ARG',
      'OTEL_BSP_SCHEDULE_DELAY',
    ])
    expect(faults.join('\n')).not.toContain('secret')
    expect(faultsOf({ ...on, OTEL_TRACES_SAMPLER: 'jaeger_remote' })).toEqual([
      'OTEL_TRACES_SAMPLER: must be one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, not "jaeger_remote" (example: OTEL_TRACES_SAMPLER=parentbased_traceidratio)',
    ])
  })
})
