import type { Clock, MessageStore } from '@cpc-messenger/messenger'
import type { SignalService } from '../../../delivery/signals/signal-service.ts'
import type { SubscriptionService } from '../../../delivery/streams/subscription-service.ts'
import type { Committer } from '../../../services/commit/committer.ts'
import type { SignIn } from '../../../services/identity/sign-in.ts'
import type { RateLimiter } from '../../../services/limits/rate-limiter.ts'
import type { Markers } from '../../../services/markers/markers.ts'
import type { Presences } from '../../../services/presence/presences.ts'
import type { Logger } from '../../../services/telemetry/logger.ts'
import type { Meter } from '../../../services/telemetry/meter.ts'
import type { Tracer } from '../../../services/telemetry/tracer.ts'
import type { Typing } from '../../../services/typing/typing.ts'
import type { TrustedProxies } from '../../network/trusted-proxies.ts'
import type { UserConnections } from '../../sockets/user-connections.ts'
import type { ExecutorName } from '../execution/executors.ts'
import type { UserMemory } from './user-memory.ts'

export interface GraphQLLimits {
  /** Characters in a message. */
  readonly textLength: number
  readonly maxSubscriptionsPerConnection: number
  readonly maxConnectionsPerUser: number
  /** The interval of WebSocket pings. */
  readonly heartbeatSeconds: number
  /** How long a client may read nothing while data is waiting for it. */
  readonly stallSeconds: number
}

/** Which features for developers are available, and to which clients. */
export interface Exposure {
  /** Who may query the schema. */
  readonly introspection: 'everyone' | 'authenticated' | 'nobody'
  /** Errors may say "Did you mean …", which reveals names in the schema. */
  readonly suggestions: boolean
  /** A browser that opens `/graphql` gets GraphiQL. */
  readonly graphiql: boolean
}

/** What GraphQL needs from the rest of the server. */
export interface GraphQLDependencies {
  readonly store: MessageStore
  readonly committer: Committer
  readonly markers: Markers
  readonly signalService: SignalService
  readonly typing: Typing
  readonly presences: Presences
  readonly subscriptionService: SubscriptionService
  readonly signIn: SignIn
  readonly meter: Meter
  readonly log: Logger
  readonly tracer?: Tracer | undefined
  readonly clock: Clock
  readonly limits: GraphQLLimits
  readonly exposure: Exposure
  /** Which adapter executes operations; `compiled` if absent. */
  readonly executor?: ExecutorName | undefined
  /** The connections of all transports; if absent, GraphQL counts its own. */
  readonly users?: UserConnections
  /** If absent, rates are not limited. */
  readonly limiter?: RateLimiter | undefined
  /** If absent, the memory of subscriptions is not limited. */
  readonly memory?: UserMemory | undefined
  readonly proxies?: TrustedProxies | undefined
  /** The version of the server. */
  readonly version: string
}
