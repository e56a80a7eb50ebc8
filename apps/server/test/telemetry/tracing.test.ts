import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RunningServer, tokenFor } from '../e2e/server/running-server.ts'
import { Client } from '../websocket/client.ts'
import { attributesOf, type CollectedSpan, TraceCollector } from './trace-collector.ts'

const tracingTo = ({ url }: TraceCollector, more: Readonly<Record<string, string>> = {}) => ({
  environment: {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    ...more,
  },
})

interface Asked {
  readonly data: Record<string, Record<string, Record<string, string>>>
}

/** Asks as alice over HTTP. */
const ask = async (
  { url }: RunningServer,
  query: string,
  variables: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Asked> => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenFor('alice')}`, ...headers },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Asked
}

const create = async (server: RunningServer): Promise<string> => {
  const query = 'mutation { createConversation(input: {kind: GROUP, name: "a room"}) { conversation { id } } }'
  const { data } = await ask(server, query, {})
  return String(data.createConversation?.conversation?.id)
}

const sending = 'mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }'
const send = (server: RunningServer, conversationId: string, text: string, headers = {}) =>
  ask(server, sending, { input: { conversationId, content: { text: { text } } } }, headers)

const follow = async (server: RunningServer, conversationId: string): Promise<Client> => {
  const client = await Client.open(server.url, { headers: { authorization: `Bearer ${await tokenFor('alice')}` } })
  await client.next('Connected')
  client.send({ type: 'Subscribe', id: 's', conversationId })
  await client.next('Subscribed')
  return client
}

const nanosOf = ({ startTimeUnixNano, endTimeUnixNano }: CollectedSpan) =>
  [BigInt(startTimeUnixNano), BigInt(endTimeUnixNano)] as const

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const caller = '00f067aa0ba902b7'

describe('a trace', { timeout: 60_000 }, () => {
  it('leads from a request over its command and commit to the delivery, in the trace of the caller', async () => {
    await using collector = await TraceCollector.open()
    await using server = await RunningServer.start(tracingTo(collector))
    const conversationId = await create(server)
    const clients = [await follow(server, conversationId), await follow(server, conversationId)]
    const { data } = await send(server, conversationId, 'a first one')
    const reactions = await Client.open(server.url, { headers: { authorization: `Bearer ${await tokenFor('alice')}` } })
    await reactions.next('Connected')
    reactions.send({ type: 'SubscribeReactions', id: 'r', messageId: String(data.sendMessage?.message?.id) })
    await reactions.next('Subscribed')
    await collector.find('deliver')
    await collector.find('frame SubscribeReactions')
    for (const client of clients) await client.until('MessageCreated')
    collector.spans.length = 0
    await send(server, conversationId, 'a secret sentence', { traceparent: `00-${traceId}-${caller}-01` })
    for (const client of clients) await client.until('MessageCreated')

    const request = await collector.only('mutation sendMessage')
    const command = await collector.only('command sendMessage')
    const commit = await collector.only('commit')
    const delivery = await collector.only('deliver')
    expect(request).toMatchObject({ traceId, parentSpanId: caller, kind: 2 })
    expect(command).toMatchObject({ traceId, parentSpanId: request.spanId, events: [{ name: 'batch begins' }] })
    expect(command.links).toEqual([{ ...command.links[0], traceId, spanId: commit.spanId }])
    expect(commit).toMatchObject({ traceId, parentSpanId: command.spanId })
    expect(delivery).toMatchObject({ traceId, parentSpanId: command.spanId, kind: 5 })
    expect(Object.fromEntries(attributesOf(request))).toEqual({
      'graphql.operation.type': 'mutation',
      'graphql.operation.name': 'Send',
      'messenger.transport': 'http',
      'messenger.code': 'OK',
    })
    expect(Object.fromEntries(attributesOf(delivery))).toEqual({
      'messenger.conversation.id': conversationId,
      'messenger.events': 1,
      // Who asked for reactions takes no message.
      'messenger.followers': 3,
      'messenger.handed': 2,
      'messenger.code': 'OK',
    })
    const [requestBegins, requestEnds] = nanosOf(request)
    const [commitBegins, commitEnds] = nanosOf(commit)
    const [, deliveryEnds] = nanosOf(delivery)
    expect(requestBegins <= commitBegins && commitEnds <= requestEnds).toBe(true)
    // When the last subscriber took it, not when the span was given up.
    expect(deliveryEnds - commitEnds).toBeLessThan(1_500_000_000n)
    for (const client of [...clients, reactions]) client.socket.close()
    expect(server.output).not.toContain('traces could not be sent')
  })

  it('holds no text, no token and no user, and says which service it is of', async () => {
    await using collector = await TraceCollector.open()
    const named = {
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=k1',
    }
    await using server = await RunningServer.start(tracingTo(collector, named))
    const conversationId = await create(server)
    await send(server, conversationId, 'a secret sentence')
    await collector.find('command sendMessage')
    expect(collector.text).toContain(conversationId)
    for (const secret of ['a secret sentence', 'alice', 'a room', 'eyJ', 'AUTH_JWT', 'a-secret-of-the-tests'])
      expect(collector.text).not.toContain(secret)
    expect(Object.fromEntries(collector.resources[0] ?? [])).toMatchObject({
      'service.name': 'cpc-messenger',
      'deployment.environment.name': 'test',
      'service.instance.id': expect.stringMatching(/.{8}/),
    })
    expect(collector.requests[0]).toEqual({ path: '/v1/traces', contentType: 'application/json', key: 'k1' })
  })

  it('of a batch is one commit, which every command of it leads to', async () => {
    await using collector = await TraceCollector.open()
    await using server = await RunningServer.start(tracingTo(collector, { OTEL_SERVICE_NAME: 'chat' }))
    const conversationId = await create(server)
    const fields = Array.from({ length: 40 }, (_, index) => `r${index}`)
    await Promise.all(fields.map(text => send(server, conversationId, text)))
    const commands = await collector.find('command sendMessage', fields.length)
    const commits = new Map((await collector.find('commit')).map(commit => [commit.spanId, commit]))
    const shared = new Map<string, string[]>()
    for (const { spanId, links } of commands) {
      expect(links).toHaveLength(1)
      const commit = commits.get(links[0]?.spanId ?? '')
      if (commit === undefined) throw new Error('a command leads to no commit')
      expect([commit.parentSpanId, ...commit.links.map(link => link.spanId)]).toContain(spanId)
      shared.set(commit.spanId, [...(shared.get(commit.spanId) ?? []), spanId])
    }
    for (const [commit, sharers] of shared)
      expect(attributesOf(commits.get(commit) ?? { attributes: [] }).get('messenger.batch.commands')).toBe(
        sharers.length,
      )
    expect(shared.size).toBeLessThan(fields.length)
    expect(collector.resources[0]?.get('service.name')).toBe('chat')
  })

  it('contains the codes of refusals, and the names of frames and subscriptions', async () => {
    await using collector = await TraceCollector.open()
    await using server = await RunningServer.start(tracingTo(collector))
    const elsewhere = 'conv_01jd000000000000000000000'
    await send(server, elsewhere, 'no recipients')
    const client = await Client.open(server.url, { headers: { authorization: `Bearer ${await tokenFor('alice')}` } })
    await client.next('Connected')
    client.send({ type: 'Subscribe', id: 's', conversationId: elsewhere })
    await client.next('Error')
    const refused = await collector.only('mutation sendMessage')
    expect(attributesOf(refused).get('messenger.code')).toBe('NOT_FOUND')
    expect(refused.status.code ?? 0).toBe(0)
    const frame = await collector.only('frame Subscribe')
    expect(attributesOf(frame).get('messenger.code')).toBe('NOT_FOUND')
    client.socket.close()
  })

  it('is not recorded where the caller does not record its own, or where the sampler drops it', async () => {
    await using collector = await TraceCollector.open()
    await using server = await RunningServer.start(tracingTo(collector))
    const conversationId = await create(server)
    await collector.find('command createConversation')
    collector.spans.length = 0
    await send(server, conversationId, 'unseen', { traceparent: `00-${traceId}-${caller}-00` })
    await send(server, conversationId, 'seen', { traceparent: 'nonsense' })
    await collector.find('commit')
    expect(collector.spans.filter(span => span.traceId === traceId)).toEqual([])
    expect(await collector.find('command sendMessage')).toHaveLength(1)

    await using never = await TraceCollector.open()
    const off = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }
    await using quiet = await RunningServer.start(tracingTo(never, off))
    await send(quiet, await create(quiet), 'unseen', { traceparent: `00-${traceId}-${caller}-01` })
    await quiet.stop()
    expect(never.requests).toEqual([])
  })

  it('is exported as protobuf unless JSON is configured, and pending spans are exported at shutdown', async () => {
    await using collector = await TraceCollector.open()
    const environment = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/elsewhere` }
    await using server = await RunningServer.start({ environment })
    await create(server)
    await server.stop()
    expect(collector.requests).toEqual([{ path: '/elsewhere', contentType: 'application/x-protobuf', key: undefined }])
    expect(collector.text).toContain('command createConversation')
  })

  it('that cannot be exported delays no request, and is logged once', async () => {
    await using collector = await TraceCollector.open()
    const away = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '200' }
    await using server = await RunningServer.start(tracingTo(collector, away))
    const conversationId = await create(server)
    for (let count = 0; count < 4; count += 1) {
      await send(server, conversationId, 'a secret sentence')
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    await server.stop()
    const warnings = server.output.split('\n').filter(line => line.includes('traces could not be sent'))
    expect(warnings).toHaveLength(1)
    expect(server.output).not.toContain('a secret sentence')
  })
})

/** The scripts that a server had loaded when it shut down. */
const loadedBy = async (environment: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'coverage-'))
  try {
    await using server = await RunningServer.start({ environment: { ...environment, NODE_V8_COVERAGE: folder } })
    await send(server, await create(server), 'a text')
    await server.stop()
    const files = await readdir(folder)
    const loaded = await Promise.all(
      files.map(async file => {
        const { result } = JSON.parse(await readFile(join(folder, file), 'utf8')) as { result: { url: string }[] }
        return result.map(({ url }) => url)
      }),
    )
    return loaded.flat()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('without a collector', { timeout: 60_000 }, () => {
  const isOfTracing = (url: string): boolean => /opentelemetry\/(?!api)|otlp-|traceparent/.test(url)

  it('nothing of tracing is loaded', async () => {
    const loaded = await loadedBy({ OTEL_SERVICE_NAME: 'chat' })
    expect(loaded.filter(url => url.endsWith('/committer.ts'))).toHaveLength(1)
    expect(loaded.filter(isOfTracing)).toEqual([])
  })

  it('nor where it is switched off', async () => {
    await using collector = await TraceCollector.open()
    const on = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    expect((await loadedBy({ ...on, OTEL_SDK_DISABLED: 'true' })).filter(isOfTracing)).toEqual([])
    expect((await loadedBy({ ...on, OTEL_TRACES_EXPORTER: 'none' })).filter(isOfTracing)).toEqual([])
    expect((await loadedBy(on)).filter(isOfTracing).length).toBeGreaterThan(5)
  })
})
