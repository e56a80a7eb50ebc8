import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { GraphQLServer, type ServerOptions } from '../graphql-server.ts'
import { inboxEvents } from '../operations.ts'

interface Closed {
  readonly code: number
  readonly reason: string
}

class Wire {
  readonly frames: { readonly type: string; readonly id?: string; readonly payload?: unknown }[] = []
  readonly closed: Promise<Closed>
  readonly ws: WebSocket
  #changed = Promise.withResolvers<void>()

  constructor(url: string, headers: Record<string, string> = {}, protocol = 'graphql-transport-ws') {
    this.ws = new WebSocket(url, protocol, { headers })
    this.closed = new Promise(resolve =>
      this.ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    )
    this.ws.on('message', data => {
      this.frames.push(JSON.parse(String(data)))
      this.#changed.resolve()
      this.#changed = Promise.withResolvers<void>()
    })
    this.ws.on('error', () => undefined)
  }

  async opened(): Promise<this> {
    if (this.ws.readyState === WebSocket.CONNECTING) await new Promise(resolve => this.ws.once('open', resolve))
    return this
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  async until(type: string) {
    for (;;) {
      const frame = this.frames.find(candidate => candidate.type === type)
      if (frame !== undefined) return frame
      await this.#changed.promise
    }
  }
}

const withServer = async (options: ServerOptions, test: (server: GraphQLServer) => Promise<void>): Promise<void> => {
  await using server = await GraphQLServer.open(options)
  await test(server)
}

const initiated = async (server: GraphQLServer, payload: object, headers = {}): Promise<Wire> => {
  const wire = await new Wire(server.socketUrl, headers).opened()
  wire.send({ type: 'connection_init', payload })
  return wire
}

describe('A WebSocket at /graphql', () => {
  it('is acknowledged with who it is, by a token in connection_init or in the header', () =>
    withServer({}, async server => {
      const headers = await server.headers('alice')
      for (const wire of [await initiated(server, headers), await initiated(server, {}, headers)]) {
        const { payload } = await wire.until('connection_ack')
        expect(payload).toMatchObject({
          userId: 'alice',
          epoch: server.store.epoch,
          heartbeatSeconds: 30,
          server: { version: '0.0.0-test', contract: '1' },
        })
        expect(Object.keys(Object(payload)).sort()).toEqual([
          'connectionId',
          'epoch',
          'heartbeatSeconds',
          'server',
          'serverTime',
          'tokenExpiresAt',
          'userId',
        ])
        wire.ws.close()
      }
    }))

  it('closes with 4401 without a valid token, and where something comes before connection_init', () =>
    withServer({}, async server => {
      for (const [payload, reason] of [
        [{}, 'No token came with connection_init.'],
        [{ authorization: 'x.y.z' }, 'The Authorization header must have the form: Bearer TOKEN.'],
        [{ authorization: 'Bearer x.y.z' }, 'The token is not valid.'],
      ] as const)
        expect(await (await initiated(server, payload)).closed).toEqual({ code: 4401, reason })
      const early = await new Wire(server.socketUrl).opened()
      early.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } })
      expect((await early.closed).code).toBe(4401)
    }))

  it('closes with 4400 on a frame that is not of the protocol', () =>
    withServer({}, async server => {
      const headers = await server.headers('alice')
      for (const frame of ['{', '[]', '{"type":"nonsense"}', '{"type":"next","id":"1","payload":{}}']) {
        const wire = await initiated(server, headers)
        await wire.until('connection_ack')
        wire.send(frame)
        expect((await wire.closed).code, frame).toBe(4400)
      }
      expect((await (await initiated(server, { ...headers, positions: { conv_x: 1 } })).closed).code).toBe(4400)
      const binary = await initiated(server, headers)
      binary.ws.send(Buffer.from([1, 2]))
      expect((await binary.closed).code).toBe(4400)
    }))

  it('closes with 1009 on a frame over 1 MiB, and with 4406 on another subprotocol', () =>
    withServer({}, async server => {
      const large = await initiated(server, await server.headers('alice'))
      large.send('x'.repeat(1_048_577))
      expect((await large.closed).code).toBe(1009)
      expect((await new Wire(server.socketUrl, {}, 'graphql-ws').closed).code).not.toBe(1000)
    }))

  it('closes with 4403, which clients retry, where the token had expired before it connected', () =>
    withServer({}, async server => {
      const authorization = `Bearer ${await server.token('alice', -10)}`
      expect((await (await initiated(server, { authorization })).closed).code).toBe(4403)
    }))

  it('closes with 4403 when the token runs out, and delivers nothing after that', () =>
    withServer({}, async server => {
      const id = await server.create('alice')
      const wire = await initiated(server, { authorization: `Bearer ${await server.token('alice', 60)}` })
      await wire.until('connection_ack')
      wire.send({ type: 'subscribe', id: '1', payload: { query: inboxEvents } })
      await wire.until('next')
      const { length } = wire.frames
      server.clock.advance(61)
      await server.send('alice', id, 'too late')
      expect((await wire.closed).code).toBe(4403)
      expect(wire.frames).toHaveLength(length)
    }))

  it('closes with 1013 one connection more than a user may hold', () =>
    withServer({ limits: { maxConnectionsPerUser: 1 } }, async server => {
      const headers = await server.headers('alice')
      const first = await initiated(server, headers)
      await first.until('connection_ack')
      const { code, reason } = await (await initiated(server, headers)).closed
      expect(code).toBe(1013)
      expect(Number(reason)).toBeGreaterThanOrEqual(0)
      first.ws.close()
      await first.closed
      await expect
        .poll(async () => {
          const again = await initiated(server, headers)
          const answer = await Promise.race([
            again.until('connection_ack').then(() => 'ack'),
            again.closed.then(() => 'closed'),
          ])
          again.ws.close()
          return answer
        })
        .toBe('ack')
    }))

  it('refuses one subscription more than a connection may hold, and goes on', () =>
    withServer({ limits: { maxSubscriptionsPerConnection: 1 } }, async server => {
      const wire = await initiated(server, await server.headers('alice'))
      await wire.until('connection_ack')
      wire.send({ type: 'subscribe', id: '1', payload: { query: inboxEvents } })
      await wire.until('next')
      wire.send({ type: 'subscribe', id: '2', payload: { query: inboxEvents } })
      expect(await wire.until('error')).toMatchObject({ id: '2', payload: [{ extensions: { code: 'RATE_LIMITED' } }] })
      expect(wire.ws.readyState).toBe(WebSocket.OPEN)
    }))

  it('closes with 1001 and a wait when its client answers no heartbeat', () =>
    withServer({ limits: { heartbeatSeconds: 1 } }, async server => {
      const wire = new Wire(server.socketUrl)
      await wire.opened()
      wire.ws.pong = () => undefined
      const { code, reason } = await wire.closed
      expect(code).toBe(1001)
      expect(Number(reason)).toBeGreaterThanOrEqual(0)
    }))

  it('closes with 4408 where no connection_init comes', () =>
    withServer({}, async server => {
      const wire = await new Wire(server.socketUrl).opened()
      expect((await wire.closed).code).toBe(4408)
    }))

  it('closes with 1001 and a wait when the server shuts down', async () => {
    const server = await GraphQLServer.open()
    const wire = await initiated(server, await server.headers('alice'))
    await wire.until('connection_ack')
    await server[Symbol.asyncDispose]()
    const { code, reason } = await wire.closed
    expect(code).toBe(1001)
    expect(Number(reason)).toBeGreaterThanOrEqual(0)
  })
})
