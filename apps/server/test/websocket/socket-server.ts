import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { EventBus } from '@cpc-messenger/messenger'
import { generateKeyPair, SignJWT } from 'jose'
import { JwtVerifier } from '../../src/infrastructure/auth/jwt-verifier.ts'
import { planDrain } from '../../src/infrastructure/http/drain-plan.ts'
import type { Transport } from '../../src/infrastructure/http/transport.ts'
import type { SocketLimits } from '../../src/infrastructure/sockets/socket-limits.ts'
import { PromMeter } from '../../src/infrastructure/telemetry/prom-meter.ts'
import { createWebSocketTransport } from '../../src/infrastructure/websocket/transport.ts'
import { SignIn } from '../../src/services/identity/sign-in.ts'
import { Backend, silentLog } from '../backend.ts'
import { Client, type Handshake } from './client.ts'

const jwtSecret = 'a-secret-of-the-tests-that-is-long-enough'

interface TokenOptions {
  /** From the server's now. */
  readonly seconds?: number
  readonly scope?: string
}

/** The real transport over real services and a real store, on a port of its own. */
export class SocketServer implements AsyncDisposable {
  readonly backend: Backend
  readonly meter: PromMeter
  readonly transport: Transport
  /** The server's ends of the connections. */
  readonly sockets = new Set<Socket>()
  readonly #server: Server
  readonly #clients: Client[] = []

  private constructor(backend: Backend, meter: PromMeter, transport: Transport) {
    this.backend = backend
    this.meter = meter
    this.transport = transport
    this.#server = createServer((request, response) => transport.requests.get(request.url ?? '')?.(request, response))
    this.#server.on('upgrade', (request, socket, head) => transport.upgrades.get('/ws')?.(request, socket, head))
    this.#server.on('connection', socket => {
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
  }

  static async start(limits: Partial<SocketLimits> = {}, bus?: EventBus): Promise<SocketServer> {
    const backend = await Backend.open(bus)
    const meter = new PromMeter({ cursorsBehind: () => backend.hub.logs.cursorsBehind })
    const { clock, committer, signalService, typing, presences, markers, subscriptionService } = backend
    const ownKey = { kid: 'own', ...(await generateKeyPair('EdDSA', { crv: 'Ed25519' })) }
    const verifier = new JwtVerifier({ clock, ownKey, jwtSecret, issuer: undefined, audience: undefined })
    const signIn = new SignIn(verifier, committer)
    const parts = {
      subscriptionService,
      signalService,
      typing,
      presences,
      markers,
      committer,
      signIn,
      meter,
      log: silentLog,
      clock,
      limits: { sweepMs: 20, ...limits },
    }
    const transport = await createWebSocketTransport({ ...parts, version: '0.0.0' })
    const server = new SocketServer(backend, meter, transport)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the server does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  token(userId: string, { seconds = 3600, ...claims }: TokenOptions = {}): Promise<string> {
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setExpirationTime(Math.floor(this.backend.clock.now() / 1000) + seconds)
      .sign(Buffer.from(jwtSecret))
  }

  /** A socket that has sent nothing yet. */
  async connect(handshake: Handshake = {}): Promise<Client> {
    const client = await Client.open(this.url, handshake)
    this.#clients.push(client)
    return client
  }

  /** A client that is connected as this user; its next frame is what follows `Connected`. */
  async signedIn(userId: string, options: TokenOptions = {}): Promise<Client> {
    const client = await this.connect()
    client.send({ type: 'Authenticate', token: await this.token(userId, options) })
    await client.next('Connected')
    return client
  }

  /** A number among the metrics; 0 where it is not there. */
  async metric(name: string): Promise<number> {
    const line = (await this.meter.render()).split('\n').find(text => text.startsWith(`${name} `))
    return Number(line?.slice(name.length + 1) ?? 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.cut()
    await this.transport.drain(planDrain(this.transport.connections, 1000))
    this.#server.close()
    this.#server.closeAllConnections()
    await this.backend[Symbol.asyncDispose]()
  }
}
