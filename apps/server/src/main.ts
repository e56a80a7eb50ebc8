import type { Clock, MessageStore } from '@cpc-messenger/messenger'
import { stallSeconds } from '@cpc-messenger/protocol'
import { folderOpenToAll, hostInTheClearOf, keyPlaceOf, openStore, scrubOf } from './database.ts'
import { DeliveryWatch } from './delivery/log/delivery-watch.ts'
import { SignalService } from './delivery/signals/signal-service.ts'
import { Hub } from './delivery/streams/hub.ts'
import { SubscriptionService } from './delivery/streams/subscription-service.ts'
import { JwtVerifier } from './infrastructure/auth/jwt-verifier.ts'
import { loadOwnKey } from './infrastructure/auth/own-key.ts'
import { openBusesInProcess } from './infrastructure/bus/in-process/buses.ts'
import type { Buses } from './infrastructure/bus/listeners/buses.ts'
import { systemClock } from './infrastructure/clock/system-clock.ts'
import type { Transport } from './infrastructure/http/transport.ts'
import { TypeIdGenerator } from './infrastructure/ids/type-id-generator.ts'
import { HttpListener } from './infrastructure/listener/http-listener.ts'
import { metricsRoutes, operationsRoutes } from './infrastructure/listener/operations-routes.ts'
import { pinoLogger } from './infrastructure/logging/pino-logger.ts'
import { TrustedProxies } from './infrastructure/network/trusted-proxies.ts'
import { UserConnections } from './infrastructure/sockets/user-connections.ts'
import type { TraceSettings } from './infrastructure/telemetry/otlp-tracer.ts'
import { PromMeter } from './infrastructure/telemetry/prom-meter.ts'
import { Committer } from './services/commit/committer.ts'
import { ProfileSignals } from './services/identity/profile-signals.ts'
import { SignIn } from './services/identity/sign-in.ts'
import { RateLimiter } from './services/limits/rate-limiter.ts'
import { DailyScrub } from './services/maintenance/daily-scrub.ts'
import { EpochWatch } from './services/maintenance/epoch-watch.ts'
import { Purger } from './services/maintenance/purger.ts'
import { LearningSignalBus } from './services/markers/learning-signal-bus.ts'
import { MarkerSignals } from './services/markers/marker-signals.ts'
import { MarkerWriter } from './services/markers/marker-writer.ts'
import { Markers } from './services/markers/markers.ts'
import { Presences } from './services/presence/presences.ts'
import { RecentUsers } from './services/reads/recent-users.ts'
import { ThreadSignals } from './services/signals/thread-signals.ts'
import type { Logger } from './services/telemetry/logger.ts'
import type { Tracer } from './services/telemetry/tracer.ts'
import { Typing } from './services/typing/typing.ts'
import type { Settings } from './settings.ts'
import { version } from './version.ts'

export interface RunningServer {
  readonly url: string
  readonly port: number
  /** Undefined if metrics are on the main port. */
  readonly metricsUrl: string | undefined
  /** Runs commands from within this process, without a transport. */
  readonly committer: Committer
  readonly typing: Typing
  readonly markers: Markers
  /** Resolves when the epoch of the database has changed since the start. Then stop this server and start a new one. */
  readonly outdated: Promise<void>
  /** Drains all connections, finishes commands in progress, and closes the store. */
  stop(): Promise<void>
}

/** Replacements for parts of the server, given by tests or by the serving process. */
export interface Overrides {
  readonly clock?: Clock
  readonly log?: Logger
  /** The number of unhandled rejections in this process. */
  readonly unhandledRejections?: () => number
}

/** Composes the whole server from its parts: the only place that knows every adapter. */
export const startServer = async (settings: Settings, overrides: Overrides = {}): Promise<RunningServer> => {
  const log = overrides.log ?? pinoLogger({ level: settings.logLevel })
  const clock = overrides.clock ?? systemClock
  const meter: PromMeter = new PromMeter({
    cursorsBehind: () => hub.logs.cursorsBehind,
    commandsWaiting: () => committer.waiting,
    openingsWaiting: () => hub.openingsWaiting,
    recentBytes: () => hub.logs.topics.recentBytes,
    connectedUsers: () => presences.connectedUsers,
    busUp: () => buses.bus.state === 'up',
    unhandledRejections: overrides.unhandledRejections,
  })
  const store = await openStore(settings.database, {
    onRead: () => meter.storeStatements('read', 1),
    onWrite: count => meter.storeStatements('write', count),
  })
  const host = await hostInTheClearOf(settings.database)
  if (host !== undefined)
    log.warn({ host }, 'PostgreSQL is reached without TLS: add sslmode=verify-full to DATABASE_URL (docs/operating.md)')
  const folder = folderOpenToAll(settings.database)
  if (folder !== undefined)
    log.warn({ folder }, 'every user of this machine may write to the folder of the database: restrict it (chmod 700)')
  const tracer = settings.tracing && (await loadTracer(settings.tracing, log))
  const buses = await openBuses(settings, { store, log, meter, clock }).catch(async error => {
    await store[Symbol.asyncDispose]()
    throw error
  })
  const { bus } = buses
  const signalBus = new LearningSignalBus(buses.signalBus, store.markers)
  const recentUsers = new RecentUsers()
  const epochWatch = new EpochWatch({ store, log })
  const hub = new Hub({
    store,
    bus,
    log,
    users: recentUsers,
    watch: new DeliveryWatch({ meter, tracer, clock }),
    meter,
    lostTail: conversationId => void epochWatch.lostTail(conversationId),
    recentBytes: settings.recentEventsMegabytes * 1_000_000,
  })
  const purger = new Purger(store, log)
  const scrub = scrubOf(settings.database)
  const dailyScrub =
    scrub && settings.scrubHour !== undefined
      ? new DailyScrub({ hour: settings.scrubHour, scrub, purger, log })
      : undefined
  const limits = limitsOf(settings)
  const ids = new TypeIdGenerator(clock)
  const limiter = new RateLimiter({ rates: settings.rates, meter })
  const proxies = new TrustedProxies(settings.trustedProxies, log)
  const presences = new Presences({ store, registry: buses.presenceRegistry, signalBus, clock, log, meter })
  const threadSignals = new ThreadSignals(signalBus)
  const markerSignals = new MarkerSignals(signalBus, { otherNodes: settings.nats !== undefined })
  const markerWriter = new MarkerWriter(() => markerSignals.aroundWrite(() => store.markers.flush()), log)
  const markers = new Markers({
    store,
    signals: markerSignals,
    threadSignals,
    isInvisible: userId => presences.isInvisible(userId),
  })
  const typing = new Typing({ reader: store.latest, bus: signalBus, clock, presences })
  const signalService = new SignalService({
    logs: hub.logs,
    bus: signalBus,
    typing,
    clock,
    presences,
    users: recentUsers,
  })
  const listeners = [typing, presences, threadSignals, new ProfileSignals(signalBus), markers]
  const committer = new Committer({ store, bus, clock, ids, limits, meter, log, tracer, users: recentUsers, listeners })
  const close = async (): Promise<void> => {
    await committer.settled()
    signalService[Symbol.dispose]()
    typing[Symbol.dispose]()
    await dailyScrub?.[Symbol.asyncDispose]()
    await presences[Symbol.asyncDispose]()
    await markerWriter[Symbol.asyncDispose]()
    markerSignals[Symbol.dispose]()
    await purger[Symbol.asyncDispose]()
    epochWatch[Symbol.dispose]()
    threadSignals[Symbol.dispose]()
    hub[Symbol.dispose]()
    await buses[Symbol.asyncDispose]()
    await store[Symbol.asyncDispose]()
    await tracer?.[Symbol.asyncDispose]()
  }
  try {
    const ownKey = await loadOwnKey(await keyPlaceOf(settings.database))
    const signIn = new SignIn(new JwtVerifier({ clock, ownKey, ...settings.auth }), committer, limiter)
    const subscriptionService = new SubscriptionService(hub)
    const users = new UserConnections(settings.maxConnectionsPerUser)
    const exposure = {
      introspection: settings.introspection,
      suggestions: !settings.production,
      graphiql: settings.graphiql,
    }
    const dependencies = {
      users,
      limiter,
      proxies,
      store,
      committer,
      signalService,
      typing,
      presences,
      markers,
      subscriptionService,
      signIn,
      meter,
      log,
      tracer,
      clock,
      limits,
      exposure,
      executor: settings.graphqlExecutor,
      version,
    }
    const listener: HttpListener = await HttpListener.listen({
      host: settings.host,
      port: settings.port,
      allowedOrigins: settings.allowedOrigins,
      proxies,
      transports: await loadTransports(settings, dependencies),
      routes: operationsRoutes({
        draining: () => listener.draining,
        ping: () => store.ping(),
        bus: () => bus.state,
        metrics: settings.metricsPort === undefined ? meter : undefined,
        graphiql: settings.graphiql,
        transports: settings.transports,
        log,
      }),
      log,
    })
    const metrics = await serveMetrics(settings, meter, log).catch(async error => {
      await listener.drain(0)
      throw error
    })
    log.info({ url: listener.url, version, ...(metrics && { metrics: `${metrics.url}/metrics` }) }, 'serving')
    void purger.run()
    return {
      url: listener.url,
      port: listener.port,
      metricsUrl: metrics && `${metrics.url}/metrics`,
      committer,
      typing,
      markers,
      outdated: epochWatch.over,
      async stop() {
        await listener.drain(settings.shutdownSeconds * 1000, settings.drainNoticeSeconds * 1000)
        await metrics?.drain(metricsStopMs)
        await close()
        log.info({}, 'stopped')
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** How long a scrape may take to finish at shutdown. */
const metricsStopMs = 500

const serveMetrics = async (
  { host, metricsPort }: Settings,
  meter: PromMeter,
  log: Logger,
): Promise<HttpListener | undefined> =>
  metricsPort === undefined
    ? undefined
    : HttpListener.listen({
        host,
        port: metricsPort,
        portSetting: 'METRICS_PORT',
        allowedOrigins: 'own',
        transports: [],
        routes: metricsRoutes(meter),
        log,
      })

const limitsOf = (settings: Settings) => ({
  textLength: settings.maxTextLength,
  groupsPerUser: settings.maxGroupsPerUser,
  membersPerGroup: settings.maxMembersPerGroup,
  namedUsersPerUser: settings.maxNamedUsersPerUser,
  maxSubscriptionsPerConnection: settings.maxSubscriptionsPerConnection,
  maxConnectionsPerUser: settings.maxConnectionsPerUser,
  heartbeatSeconds: settings.heartbeatSeconds,
  stallSeconds,
})

const openBuses = async (
  { nats }: Settings,
  {
    store,
    ...dependencies
  }: { readonly store: MessageStore; readonly log: Logger; readonly meter: PromMeter; readonly clock: Clock },
): Promise<Buses> => {
  if (nats === undefined) return openBusesInProcess(dependencies.log)
  const { openBusesOverNats } = await import('./infrastructure/bus/nats/buses.ts')
  return openBusesOverNats({ ...dependencies, epoch: store.epoch, secret: await store.sharedSecret(), addresses: nats })
}

interface TransportDependencies {
  readonly users: UserConnections
  readonly limiter: RateLimiter
  readonly proxies: TrustedProxies
  readonly store: MessageStore
  readonly committer: Committer
  readonly signalService: SignalService
  readonly markers: Markers
  readonly typing: Typing
  readonly presences: Presences
  readonly subscriptionService: SubscriptionService
  readonly signIn: SignIn
  readonly meter: PromMeter
  readonly log: Logger
  readonly tracer: Tracer | undefined
  readonly clock: Clock
  readonly limits: ReturnType<typeof limitsOf>
  readonly exposure: Pick<Settings, 'introspection' | 'graphiql'> & { readonly suggestions: boolean }
  readonly executor: Settings['graphqlExecutor']
  readonly version: string
}

/** Loads the tracer only if tracing is on. */
const loadTracer = async (tracing: TraceSettings, log: Logger): Promise<Tracer & AsyncDisposable> => {
  const { OtlpTracer } = await import('./infrastructure/telemetry/otlp-tracer.ts')
  return OtlpTracer.start(tracing, log, version)
}

/** Transports that are not in TRANSPORTS are not loaded. */
const loadTransports = async (
  { transports }: Settings,
  dependencies: TransportDependencies,
): Promise<readonly Transport[]> => {
  const loaded: Transport[] = []
  if (transports.has('graphql')) {
    const { createGraphQLTransport } = await import('./infrastructure/graphql/transport.ts')
    loaded.push(await createGraphQLTransport(dependencies))
  }
  if (transports.has('websocket')) {
    const { createWebSocketTransport } = await import('./infrastructure/websocket/transport.ts')
    loaded.push(await createWebSocketTransport(dependencies))
  }
  return loaded
}
