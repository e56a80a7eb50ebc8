import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer } from '../graphql-server.ts'
import { conversationEvents } from '../operations.ts'

let server: GraphQLServer
const open: WebSocket[] = []
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(async () => {
  for (const ws of open) ws.terminate()
  await server[Symbol.asyncDispose]()
})

interface Peer {
  readonly texts: readonly string[]
  readonly code: Promise<number>
  send(message: object): void
  until(text: string, count?: number): Promise<void>
}

const connect = async (init = true): Promise<Peer> => {
  const ws = new WebSocket(server.socketUrl, 'graphql-transport-ws')
  open.push(ws)
  const texts: string[] = []
  ws.on('message', data => texts.push(String(data)))
  const code = new Promise<number>(resolve => ws.on('close', resolve))
  await new Promise(resolve => ws.once('open', resolve))
  const peer: Peer = {
    texts,
    code,
    send: message => ws.send(JSON.stringify(message)),
    until: (text, count = 1) =>
      expect
        .poll(() => texts.filter(one => one.includes(text)).length, { timeout: 15_000 })
        .toBeGreaterThanOrEqual(count),
  }
  if (init) {
    peer.send({ type: 'connection_init', payload: await server.headers('alice') })
    await peer.until('connection_ack')
  }
  return peer
}

const subscribe = (id: string, query: string, variables: object = {}) => ({
  type: 'subscribe',
  id,
  payload: { query, variables },
})

describe('graphql-transport-ws, spoken by hand,', () => {
  it('answers ping with pong and its payload, and takes an unasked pong', async () => {
    const peer = await connect(false)
    peer.send({ type: 'ping', payload: { n: 1 } })
    peer.send({ type: 'pong' })
    peer.send({ type: 'ping' })
    await peer.until('pong', 2)
    expect(peer.texts.map(text => JSON.parse(text))).toEqual([{ type: 'pong', payload: { n: 1 } }, { type: 'pong' }])
  })

  it('answers a query by next and complete, and a bad one by error', async () => {
    const peer = await connect()
    peer.send(subscribe('q', '{ viewer { user { id } } }'))
    await peer.until('complete')
    peer.send(subscribe('b', '{ nothing }'))
    peer.send(subscribe('a', 'query A { __typename } query B { __typename }'))
    await peer.until('"error"', 2)
    const messages = peer.texts.slice(1).map(text => JSON.parse(text))
    expect(messages.slice(0, 2)).toEqual([
      { type: 'next', payload: { data: { viewer: { user: { id: 'alice' } } } }, id: 'q' },
      { type: 'complete', id: 'q' },
    ])
    expect(messages.slice(2)).toMatchObject([
      { type: 'error', id: 'b', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
      { type: 'error', id: 'a', payload: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ])
  })

  it('puts the payload first and the id last, for any id', async () => {
    const id = await server.create('alice')
    const peers = [await connect(), await connect()]
    const ids = ['1', '2', 'a "quoted" ü one', 'x'.repeat(128)]
    for (const peer of peers) {
      for (const one of ids) peer.send(subscribe(one, conversationEvents, { id }))
      await peer.until('"live":true', ids.length)
    }
    await server.send('alice', id, 'Grüße 👋')
    for (const peer of peers) {
      await peer.until('MessageCreated', ids.length)
      const frames = peer.texts.filter(text => text.includes('MessageCreated'))
      expect(new Set(frames.map(text => JSON.parse(text).id))).toEqual(new Set(ids))
      expect(new Set(frames.map(text => JSON.stringify(JSON.parse(text).payload))).size).toBe(1)
      for (const text of frames) expect(text).toMatch(/^\{"type":"next","payload":\{.*Grüße 👋.*\},"id":".*"\}$/)
    }
  })

  it('sends nothing of an operation that the client completed, and lets it use the id again', async () => {
    const id = await server.create('alice')
    const peer = await connect()
    peer.send(subscribe('1', conversationEvents, { id }))
    peer.send({ type: 'complete', id: '1' })
    peer.send(subscribe('1', conversationEvents, { id }))
    await peer.until('"live":true')
    await server.send('alice', id, 'once')
    await peer.until('MessageCreated')
    peer.send({ type: 'complete', id: '1' })
    peer.send({ type: 'complete', id: 'never begun' })
    peer.send({ type: 'ping' })
    await peer.until('pong')
    await server.send('alice', id, 'not delivered')
    peer.send({ type: 'ping' })
    await peer.until('pong', 2)
    expect(peer.texts.filter(text => text.includes('MessageCreated'))).toHaveLength(1)
    expect(peer.texts.filter(text => text.includes('complete'))).toEqual([])
  })

  it('closes with 4409 on an id in use, and with 4429 on a second connection_init', async () => {
    const id = await server.create('alice')
    const twice = await connect()
    twice.send(subscribe('1', conversationEvents, { id }))
    twice.send(subscribe('1', conversationEvents, { id }))
    expect(await twice.code).toBe(4409)
    const again = await connect()
    again.send({ type: 'connection_init', payload: await server.headers('alice') })
    expect(await again.code).toBe(4429)
  })

  it('closes with 4400 on a message of the wrong form', async () => {
    for (const message of [
      subscribe('', '{ __typename }'),
      { type: 'subscribe', payload: { query: '{ __typename }' } },
      { type: 'subscribe', id: '1', payload: { query: 1 } },
      { type: 'subscribe', id: '1', payload: { query: '{ __typename }', variables: [] } },
      { type: 'subscribe', id: '1', payload: { query: '{ __typename }', operationName: 1 } },
      { type: 'complete' },
      { type: 'ping', payload: 'text' },
    ]) {
      const peer = await connect()
      peer.send(message)
      expect(await peer.code, JSON.stringify(message)).toBe(4400)
    }
  })
})
