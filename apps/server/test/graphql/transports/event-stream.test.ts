import { type Client, createClient } from 'graphql-sse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Collected } from '../collected.ts'
import { GraphQLServer } from '../graphql-server.ts'
import { conversationEvents, inboxEvents } from '../operations.ts'

let server: GraphQLServer
const clients: Client[] = []
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  for (const client of clients) client.dispose()
  await server[Symbol.asyncDispose]()
})

const connect = (name: string): Client => {
  const client = createClient({ url: server.url, headers: () => server.headers(name), retryAttempts: 0 })
  clients.push(client)
  return client
}

interface ServerSentEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** The raw events of a stream until it ends or is cut. */
class RawStream {
  readonly events: ServerSentEvent[] = []
  readonly ended: Promise<void>
  readonly #abort = new AbortController()

  constructor(url: string, headers: Record<string, string>, query: string, variables: object) {
    this.ended = this.#read(url, headers, query, variables)
  }

  cut(): void {
    this.#abort.abort()
  }

  items() {
    return this.events
      .filter(({ event }) => event === 'next')
      .map(({ data }) => Object.values(JSON.parse(data).data)[0])
  }

  async #read(url: string, headers: Record<string, string>, query: string, variables: object): Promise<void> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query, variables }),
        signal: this.#abort.signal,
      })
      let text = ''
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString()
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) this.#parse(block)
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error
    }
  }

  #parse(block: string): void {
    const lines = new Map(
      block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    )
    if (lines.has('event'))
      this.events.push({ id: lines.get('id'), event: lines.get('event'), data: lines.get('data') ?? '' })
  }
}

const raw = async (name: string, query: string, variables: object, lastEventId?: string): Promise<RawStream> =>
  new RawStream(
    server.url,
    { ...(await server.headers(name)), ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
    query,
    variables,
  )

describe('GraphQL over server-sent events', () => {
  it('serves the graphql-sse client, unchanged: queries, mutations and subscriptions', async () => {
    const id = await server.create('alice', ['bob'])
    const client = connect('bob')
    const asked = new Collected(
      client.iterate({ query: 'query($id: ID!) { conversation(id: $id) { __typename name } }', variables: { id } }),
    )
    await asked.until(({ ended }) => ended)
    expect(asked.items).toEqual([{ __typename: 'Conversation', name: 'a room' }])
    const events = await new Collected(client.iterate({ query: conversationEvents, variables: { id } })).untilLive()
    const send = `mutation($id: ID!) { sendMessage(input: { conversationId: $id, content: { text: { text: "Hello" } } }) { __typename } }`
    const sent = new Collected(client.iterate({ query: send, variables: { id } }))
    await sent.until(({ ended }) => ended)
    await events.until(({ events: { length } }) => length === 1)
    expect(events.events).toMatchObject([{ __typename: 'MessageCreated', message: { content: { text: 'Hello' } } }])
    await events.stop()
  })

  it('resumes a conversation by Last-Event-ID instead of its original arguments', async () => {
    const id = await server.create('alice', ['bob'])
    const first = await raw('bob', conversationEvents, { id, after: 0 })
    await expect.poll(() => first.items().length).toBeGreaterThanOrEqual(4)
    first.cut()
    const last = first.events.at(-1)?.id
    expect(last).toBe(`3@${server.store.epoch}`)
    await server.send('alice', id, 'while away')
    const second = await raw('bob', conversationEvents, { id, after: 0 }, last)
    await expect.poll(() => second.items().length).toBeGreaterThanOrEqual(2)
    expect(second.items()[0]).toMatchObject({ __typename: 'MessageCreated', sequence: 4 })
    expect(second.items()[1]).toMatchObject({ __typename: 'StreamPosition', live: true })
    second.cut()
  })

  it('resumes an inbox by Last-Event-ID at every single event: each comes once', async () => {
    const ids = [await server.create('gina', ['hank']), await server.create('gina', ['hank'])]
    const received: string[] = []
    const receive = (items: readonly unknown[]): void => {
      for (const item of items) {
        const { __typename, conversationId, sequence } = Object(item)
        if (__typename !== 'StreamPosition') received.push(`${__typename} ${conversationId} ${sequence}`)
      }
    }
    let last: string | undefined
    for (let round = 0; round < 6; round += 1) {
      const stream = await raw('hank', inboxEvents, {}, last)
      if (round === 0) await expect.poll(() => stream.items().length).toBeGreaterThan(0)
      for (const id of ids) await server.send('gina', id, `round ${round}`)
      await expect.poll(() => stream.items().some(item => Object(item).__typename === 'MessageCreated')).toBe(true)
      stream.cut()
      await stream.ended
      receive(stream.items())
      last = stream.events.at(-1)?.id ?? last
    }
    const rest = await raw('hank', inboxEvents, {}, last)
    await expect.poll(() => rest.items().some(item => Object(item).live === true)).toBe(true)
    rest.cut()
    receive(rest.items())
    expect(received).toHaveLength(12)
    expect(new Set(received).size).toBe(12)
    expect(received.every(text => text.startsWith('MessageCreated'))).toBe(true)
  })

  it('refuses a Last-Event-ID that is none of its own, and a subscription without a token', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        ...(await server.headers('alice')),
        'content-type': 'application/json',
        accept: 'text/event-stream',
        'last-event-id': 'forged',
      },
      body: JSON.stringify({ query: inboxEvents }),
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] })
    const unauthenticated = new RawStream(server.url, {}, inboxEvents, {})
    await unauthenticated.ended
    expect(unauthenticated.events.map(({ event }) => event)).toEqual(['next', 'complete'])
    expect(unauthenticated.events[0]?.data).toContain('UNAUTHENTICATED')
  })

  it('takes a subscription by GET too, as browsers send it', async () => {
    const id = await server.create('alice')
    const url = new URL(server.url)
    url.searchParams.set('query', conversationEvents)
    url.searchParams.set('variables', JSON.stringify({ id, after: 0 }))
    const abort = new AbortController()
    const headers = { ...(await server.headers('alice')), accept: 'text/event-stream' }
    const response = await fetch(url, { headers, signal: abort.signal })
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString()
      if (text.includes('"live":true')) break
    }
    abort.abort()
    expect(text).toContain(`id: 2@${server.store.epoch}\nevent: next\ndata: {"data":{"conversationEvents"`)
  })

  it('ends without completing when its token runs out', async () => {
    await using other = await GraphQLServer.open()
    const id = await other.create('alice')
    const headers = { authorization: `Bearer ${await other.token('alice', 60)}` }
    const stream = new RawStream(other.url, headers, conversationEvents, { id })
    await expect.poll(() => stream.items().length).toBe(1)
    other.clock.advance(61)
    await other.send('alice', id, 'too late')
    await stream.ended
    expect(stream.events.map(({ event }) => event)).toEqual(['next'])
  })
})
