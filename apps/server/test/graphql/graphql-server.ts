import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Clock,
  type MessageStore,
  parseConversationId,
  parseMessageId,
  parseUserId,
  type UserId,
} from '@cpc-messenger/messenger'
import { SignalService } from '../../src/delivery/signals/signal-service.ts'
import { Hub } from '../../src/delivery/streams/hub.ts'
import { SubscriptionService } from '../../src/delivery/streams/subscription-service.ts'
import { JwtVerifier } from '../../src/infrastructure/auth/jwt-verifier.ts'
import { loadOwnKey, type OwnKey } from '../../src/infrastructure/auth/own-key.ts'
import { keyFile } from '../../src/infrastructure/auth/own-key-file.ts'
import { ownSigner, signToken } from '../../src/infrastructure/auth/sign-token.ts'
import type {
  Exposure,
  GraphQLDependencies,
  GraphQLLimits,
} from '../../src/infrastructure/graphql/operations/graphql-dependencies.ts'
import { createGraphQLTransport } from '../../src/infrastructure/graphql/transport.ts'
import { planDrain } from '../../src/infrastructure/http/drain-plan.ts'
import type { Transport } from '../../src/infrastructure/http/transport.ts'
import { TypeIdGenerator } from '../../src/infrastructure/ids/type-id-generator.ts'
import { Committer } from '../../src/services/commit/committer.ts'
import { ProfileSignals } from '../../src/services/identity/profile-signals.ts'
import { SignIn } from '../../src/services/identity/sign-in.ts'
import { LearningSignalBus } from '../../src/services/markers/learning-signal-bus.ts'
import { MarkerSignals } from '../../src/services/markers/marker-signals.ts'
import { Markers } from '../../src/services/markers/markers.ts'
import { Presences } from '../../src/services/presence/presences.ts'
import { RecentUsers } from '../../src/services/reads/recent-users.ts'
import type { Logger } from '../../src/services/telemetry/logger.ts'
import { silentMeter } from '../../src/services/telemetry/meter.ts'
import { Typing } from '../../src/services/typing/typing.ts'
import { type Engine, openEngine } from '../support/engine.ts'

const ignore = (): void => undefined
const silentLog: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore }

const usualLimits: GraphQLLimits = {
  textLength: 100,
  maxSubscriptionsPerConnection: 20,
  maxConnectionsPerUser: 10,
  heartbeatSeconds: 30,
  stallSeconds: 60,
}

/** The time of day, which a test may put forward. */
class MovedClock implements Clock {
  #ahead = 0

  now(): number {
    return Date.now() + this.#ahead
  }

  advance(seconds: number): void {
    this.#ahead += seconds * 1000
  }
}

export const userId = (name: string): UserId => {
  const id = parseUserId(name)
  if (id === undefined) throw new TypeError(`${name} is not a user id`)
  return id
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly data: Record<string, unknown> | null | undefined
  readonly errors:
    | readonly { readonly message: string; readonly extensions: Readonly<Record<string, unknown>> }[]
    | undefined
}

/** The GraphQL suite runs with each executor: see vitest.config.ts. */
const executorOfTests = process.env.GRAPHQL_EXECUTOR === 'reference' ? 'reference' : 'compiled'

export interface ServerOptions {
  readonly limits?: Partial<GraphQLLimits>
  readonly exposure?: Partial<Exposure>
  readonly log?: Logger
  /** Kept from an earlier server. */
  readonly folder?: string
}

/** GraphQL over everything real but the rest of the server: a port, a file, tokens. */
export class GraphQLServer implements AsyncDisposable {
  readonly clock = new MovedClock()
  readonly store: MessageStore
  readonly folder: string
  readonly reads: { readonly count: number }
  readonly dependencies: GraphQLDependencies
  readonly transport: Transport
  readonly port: number
  readonly #http: Server
  readonly #hub: Hub
  readonly #committer: Committer
  readonly #key: OwnKey
  readonly #engine: Engine

  private constructor(given: {
    engine: Engine
    folder: string
    dependencies: GraphQLDependencies
    transport: Transport
    http: Server
    hub: Hub
    committer: Committer
    key: OwnKey
    clock: MovedClock
  }) {
    this.#engine = given.engine
    this.store = given.engine.store
    this.folder = given.folder
    this.reads = given.engine.reads
    this.dependencies = given.dependencies
    this.transport = given.transport
    this.clock = given.clock
    this.#http = given.http
    this.#hub = given.hub
    this.#committer = given.committer
    this.#key = given.key
    this.port = portOf(given.http)
  }

  static async open(options: ServerOptions = {}): Promise<GraphQLServer> {
    const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'messenger-')))
    const clock = new MovedClock()
    const log = options.log ?? silentLog
    const limits = { ...usualLimits, ...options.limits }
    const engine = await openEngine(folder, log)
    const { store, bus } = engine
    const users = new RecentUsers()
    const hub = new Hub({ store, bus, log, users, compareEveryMs: 50 })
    const ids = new TypeIdGenerator(clock)
    const signalBus = new LearningSignalBus(engine.signalBus, store.markers)
    const registry = engine.presenceRegistry
    const presences = new Presences({ store, registry, signalBus, clock, log, meter: silentMeter })
    const typing = new Typing({ reader: store.latest, bus: signalBus, clock, presences })
    const signalService = new SignalService({ logs: hub.logs, bus: signalBus, typing, clock, presences, users })
    const signals = new MarkerSignals(signalBus, { otherNodes: false })
    const markers = new Markers({ store, signals, isInvisible: userId => presences.isInvisible(userId) })
    const listeners = [typing, presences, new ProfileSignals(signalBus), markers]
    const committer = new Committer({ store, bus, clock, ids, limits, meter: silentMeter, log, users, listeners })
    const key = await loadOwnKey(keyFile(join(folder, 'messenger.key.json')))
    const verifier = new JwtVerifier({
      clock,
      ownKey: key,
      jwtSecret: undefined,
      issuer: undefined,
      audience: undefined,
    })
    const dependencies: GraphQLDependencies = {
      store,
      committer,
      signalService,
      typing,
      presences,
      markers,
      subscriptionService: new SubscriptionService(hub),
      signIn: new SignIn(verifier, committer),
      meter: silentMeter,
      log,
      clock,
      limits,
      exposure: { introspection: 'everyone', suggestions: true, graphiql: true, ...options.exposure },
      version: '0.0.0-test',
      executor: executorOfTests,
    }
    const transport = await createGraphQLTransport(dependencies)
    const http = await listening(transport)
    return new GraphQLServer({ engine, folder, dependencies, transport, http, hub, committer, key, clock })
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/graphql`
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}/graphql`
  }

  token(name: string, ttlSeconds = 3600): Promise<string> {
    return signToken(ownSigner(this.#key), { userId: userId(name), issuedAt: this.clock.now(), ttlSeconds, name })
  }

  async headers(name: string): Promise<Record<string, string>> {
    return { authorization: `Bearer ${await this.token(name)}` }
  }

  /** One request over HTTP; without a name no token goes with it. */
  async ask(name: string | undefined, query: string, variables: object = {}, headers: object = {}): Promise<Answer> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(name === undefined ? {} : await this.headers(name)),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    })
    const body = await response.text()
    const { data, errors } = body === '' ? {} : JSON.parse(body)
    return { status: response.status, headers: response.headers, data, errors }
  }

  /** The data of an operation that must succeed; each step of `path` goes into an object or list. */
  async read<Value>(name: string, query: string, variables: object, ...path: readonly (string | number)[]) {
    const { data, errors } = await this.ask(name, query, variables)
    if (errors !== undefined) throw new Error(JSON.stringify(errors))
    return dig<Value>(data, path)
  }

  create(name: string, members: readonly string[] = [], kind = 'GROUP'): Promise<string> {
    const input = { kind, memberIds: members, ...(kind === 'DIRECT' ? {} : { name: 'a room' }) }
    const query = `mutation($input: CreateConversationInput!) { createConversation(input: $input) { conversation { id } } }`
    return this.read<string>(name, query, { input }, 'createConversation', 'conversation', 'id')
  }

  send(name: string, conversationId: string, text: string, more: object = {}): Promise<string> {
    const input = { conversationId, content: { text: { text } }, ...more }
    const query = `mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }`
    return this.read<string>(name, query, { input }, 'sendMessage', 'message', 'id')
  }

  react(name: string, messageId: string, emoji: string): Promise<string> {
    const query = `mutation($input: AddReactionInput!) { addReaction(input: $input) { reaction { emoji } } }`
    return this.read<string>(name, query, { input: { messageId, emoji } }, 'addReaction', 'reaction', 'emoji')
  }

  /** Publishes signals about a user in a conversation. */
  signalOf(name: string, conversation: string) {
    const [user, conversationId] = [userId(name), parseConversationId(conversation)]
    if (conversationId === undefined) throw new TypeError('not an id')
    const { signalBus } = this.#engine
    const key = { userId: user, conversationId }
    const own = { kind: 'private', userId: user } as const
    return {
      conversation: () => signalBus.publish(own, { key: { kind: 'viewerConversation', ...key }, markers: null }),
      thread(root: string) {
        const threadRootId = parseMessageId(root)
        if (threadRootId === undefined) throw new TypeError('not an id')
        signalBus.publish(own, { key: { kind: 'viewerThread', ...key, threadRootId } })
      },
      markers: (read: number) =>
        signalBus.publish(
          { kind: 'conversation', conversationId },
          { key: { kind: 'markers', ...key }, read, delivered: read },
        ),
    }
  }

  lastSequence(name: string, conversationId: string): Promise<number> {
    const query = `query($id: ID!) { conversation(id: $id) { lastSequence } }`
    return this.read<number>(name, query, { id: conversationId }, 'conversation', 'lastSequence')
  }

  /** No command commits until it is disposed of. */
  holdWriting(): Promise<AsyncDisposable> {
    return this.#engine.holdWriting()
  }

  /** Stops serving, and leaves the folder to a later one. */
  async stop(): Promise<void> {
    await this.transport.drain(planDrain(this.transport.connections, 1000))
    this.#http.closeAllConnections()
    await new Promise(resolve => this.#http.close(resolve))
    await this.#committer.settled()
    this.dependencies.signalService[Symbol.dispose]()
    this.dependencies.typing[Symbol.dispose]()
    await this.dependencies.presences[Symbol.asyncDispose]()
    this.#hub[Symbol.dispose]()
    await this.#engine.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#engine.remove()
    await rm(this.folder, { recursive: true, force: true })
  }
}

const listening = async (transport: Transport): Promise<Server> => {
  const pathOf = (url: string | undefined): string => new URL(url ?? '/', 'http://localhost').pathname
  const http = createServer((request, response) => {
    const handler = transport.requests.get(pathOf(request.url))
    if (handler === undefined) response.writeHead(404).end()
    else void handler(request, response)
  })
  http.on('upgrade', (request, socket, head) => {
    transport.upgrades.get(pathOf(request.url))?.(request, socket, head)
  })
  await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
  return http
}

const portOf = (http: Server): number => {
  const address: AddressInfo | string | null = http.address()
  if (address === null || typeof address === 'string') throw new TypeError('not listening')
  return address.port
}

/** Gets the value at a path of an answer, as the type that the caller expects. */
export const dig = <Value>(data: unknown, path: readonly (string | number)[]): Value =>
  path.reduce<unknown>((value, step) => Object(value)[step], data) as Value
