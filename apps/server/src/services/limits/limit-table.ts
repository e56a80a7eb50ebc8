/** A rate limit: a bucket of `burst` tokens that fills at `perSecond`. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

interface RateLimit extends Rate {
  /** The setting, as `RATE/BURST`; `0` switches it off. */
  readonly variable: string
  /** What has a bucket. Addresses are IPv4 addresses and IPv6 /64 networks. */
  readonly per: 'user' | 'address'
  /** What takes a token. */
  readonly counts: string
  /** The error message for a client that exceeds it. */
  readonly error: string
  /** Most tokens that one command takes. A smaller bucket would always refuse it. */
  readonly atOnce?: number
}

/** Most members in one command. */
export const membersPerCommand = 100

/**
 * Every rate limit. Settings, help and the labels of the metric are derived from this table, and a test compares the table in
 * docs/operating.md with it. The defaults are far above normal use: 50 tabs of one user, each with 9 subscriptions and 10
 * queries, may reopen twice within a few seconds.
 */
export const rateLimits = {
  requests: {
    variable: 'RATE_LIMIT_REQUESTS',
    per: 'user',
    perSecond: 100,
    burst: 2500,
    counts: 'GraphQL operations and client frames of both WebSocket protocols',
    error: 'Too many requests.',
  },
  sends: {
    variable: 'RATE_LIMIT_SENDS',
    per: 'user',
    perSecond: 20,
    burst: 200,
    counts: 'messages sent, repeated ones too, and changes of name or topic',
    error: 'You are sending too fast.',
  },
  commands: {
    variable: 'RATE_LIMIT_COMMANDS',
    per: 'user',
    perSecond: 50,
    burst: 500,
    counts: 'fields of mutations, sends among them',
    error: 'Too many mutations.',
  },
  creations: {
    variable: 'RATE_LIMIT_CREATIONS',
    per: 'user',
    perSecond: 1,
    burst: 60,
    counts: 'conversations created',
    error: 'You are creating conversations too fast.',
  },
  additions: {
    variable: 'RATE_LIMIT_ADDITIONS',
    per: 'user',
    perSecond: 10,
    burst: 1000,
    counts: 'members named by creations and additions',
    error: 'You are adding members too fast.',
    atOnce: membersPerCommand,
  },
  subscriptions: {
    variable: 'RATE_LIMIT_SUBSCRIPTIONS',
    per: 'user',
    perSecond: 50,
    burst: 1500,
    counts: 'subscriptions begun',
    error: 'Too many new subscriptions.',
  },
  connections: {
    variable: 'RATE_LIMIT_CONNECTIONS',
    per: 'user',
    perSecond: 5,
    burst: 200,
    counts: 'WebSockets and event streams opened',
    error: 'Too many new connections.',
  },
  largeFrames: {
    variable: 'RATE_LIMIT_LARGE_FRAMES',
    per: 'user',
    perSecond: 0.5,
    burst: 5,
    counts: 'frames and bodies over 64 KiB',
    error: 'Too many frames and bodies over 64 KiB.',
  },
  signIns: {
    variable: 'RATE_LIMIT_SIGN_INS',
    per: 'address',
    perSecond: 1,
    burst: 100,
    counts: 'failed authentications; valid tokens always get in',
    error: 'Too many failed sign-ins from this address.',
  },
} as const satisfies Readonly<Record<string, RateLimit>>

export type RateLimitName = keyof typeof rateLimits

const isRateLimitName = (name: string): name is RateLimitName => name in rateLimits

export const rateLimitNames: readonly RateLimitName[] = Object.keys(rateLimits).filter(isRateLimitName)

interface ConnectionRate extends Rate {
  readonly counts: string
}

/** Rate limits for the frames of one connection, independent of its user. Not configurable. A refused frame takes a token too. */
export const connectionRates = {
  messengerFrames: { perSecond: 100, burst: 200, counts: 'client frames of one connection of messenger.v1' },
  graphqlFrames: { perSecond: 5000, burst: 10_000, counts: 'client frames of one connection of graphql-transport-ws' },
} as const satisfies Readonly<Record<string, ConnectionRate>>

export type ConnectionRateName = keyof typeof connectionRates

/** The number of tokens of each limit. */
export type Charges = Partial<Readonly<Record<RateLimitName, number>>>

interface Cap {
  /** The setting; without one the limit is not configurable. */
  readonly variable?: string
  readonly max: number
  readonly bounds: string
}

/** Every limit of an amount, like `rateLimits`. */
export const caps = {
  connectionsPerUser: {
    variable: 'MAX_CONNECTIONS_PER_USER',
    max: 100,
    bounds: 'connections that one user may hold',
  },
  subscriptionsPerConnection: {
    variable: 'MAX_SUBSCRIPTIONS_PER_CONNECTION',
    max: 500,
    bounds: 'subscriptions that one connection may hold; on /graphql queries and mutations in progress count too',
  },
  groupsPerUser: {
    variable: 'MAX_GROUPS_PER_USER',
    max: 1000,
    bounds: 'groups and channels that one user may own',
  },
  membersPerGroup: {
    variable: 'MAX_MEMBERS_PER_GROUP',
    max: 100_000,
    bounds: 'members that one group may have',
  },
  namedUsersPerUser: {
    variable: 'MAX_NAMED_USERS_PER_USER',
    max: 10_000,
    bounds: 'users that one user may have added who have not signed in yet',
  },
  operationsAtOncePerUser: { max: 3, bounds: 'operations of one user that read at once; others wait' },
  waitingOperationsPerUser: { max: 1000, bounds: 'operations of one user that wait to read' },
  unsentAnswerBytesPerUser: {
    max: 33_554_432,
    bounds:
      'bytes of answers over 64 KiB that one user has not taken yet; operations of the user that read wait meanwhile',
  },
  waitingCommandsPerUser: { max: 1000, bounds: 'commands of one user that are not answered yet' },
  subscriptionBytesPerUser: {
    max: 67_108_864,
    bounds: 'bytes that the documents, variables and positions kept for the subscriptions of one user take, estimated',
  },
} as const satisfies Readonly<Record<string, Cap>>

export type CapName = keyof typeof caps

/** The label under which a refusal is counted. */
export type LimitName = RateLimitName | ConnectionRateName | CapName

/** An undefined rate is unlimited. */
export type Rates = Readonly<Partial<Record<RateLimitName, Rate | undefined>>>
