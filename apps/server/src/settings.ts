import { readFileSync } from 'node:fs'
import type { BlockList } from 'node:net'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, parseEnv } from 'node:util'
import { z } from 'zod'
import type { ExecutorName } from './infrastructure/graphql/execution/executors.ts'
import type { AllowedOrigins } from './infrastructure/listener/origin-policy.ts'
import { type NatsAddress, parseNatsAddresses } from './infrastructure/network/nats-address.ts'
import { originOf } from './infrastructure/network/origin.ts'
import { parseProxies } from './infrastructure/network/trusted-proxies.ts'
import type { TraceSettings } from './infrastructure/telemetry/otlp-tracer.ts'
import { limitDescriptions, limitShape, ratesOf } from './limit-settings.ts'
import type { Rates } from './services/limits/limit-table.ts'
import type { TransportName } from './services/telemetry/meter.ts'
import { readAs, type SettingDescription, wholeNumber } from './setting-types.ts'
import { readTraceSettings } from './trace-settings.ts'

const transportNames: readonly TransportName[] = ['graphql', 'websocket']
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type DatabaseLocation =
  /** Absolute. */
  { readonly kind: 'sqlite'; readonly file: string } | { readonly kind: 'postgres'; readonly url: string }

export interface Settings {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly database: DatabaseLocation
  /** The NATS servers between the nodes; undefined on a single node. */
  readonly nats: readonly NatsAddress[] | undefined
  readonly auth: {
    readonly jwtSecret: string | undefined
    /** Required values of `iss` and `aud` in tokens signed with the secret, if set. */
    readonly issuer: string | undefined
    readonly audience: string | undefined
  }
  readonly transports: ReadonlySet<TransportName>
  readonly allowedOrigins: AllowedOrigins
  /** Undefined if no proxy is trusted. */
  readonly trustedProxies: BlockList | undefined
  readonly logLevel: (typeof logLevels)[number]
  /** Hides what only developers need, unless it is switched on explicitly. */
  readonly production: boolean
  /** How GraphQL operations are executed. */
  readonly graphqlExecutor: ExecutorName
  /** Who may query the schema. */
  readonly introspection: 'everyone' | 'authenticated' | 'nobody'
  /** A browser that opens `/graphql` gets GraphiQL. */
  readonly graphiql: boolean
  /** The port of `/metrics`; 0: any free port. Undefined if it is on the main port. */
  readonly metricsPort: number | undefined
  readonly maxTextLength: number
  readonly rates: Required<Rates>
  readonly maxGroupsPerUser: number
  readonly maxMembersPerGroup: number
  readonly maxNamedUsersPerUser: number
  readonly maxConnectionsPerUser: number
  readonly maxSubscriptionsPerConnection: number
  /** Memory for recent events and their rows, over all conversations. */
  readonly recentEventsMegabytes: number
  /** The hour of the day at which a SQLite file is scrubbed; undefined if it is not. */
  readonly scrubHour: number | undefined
  readonly heartbeatSeconds: number
  /** How long a server that shuts down reports this at `/readyz` before it closes connections. */
  readonly drainNoticeSeconds: number
  /** The time to close all connections, after the notice. */
  readonly shutdownSeconds: number
  /** Undefined if tracing is off. */
  readonly tracing: TraceSettings | undefined
}

const unsupported = z.never({ error: 'is not supported yet. Remove it' }).optional()

const itemsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url)

const postgresUrl = (url: string) =>
  URL.canParse(url) && new URL(url).hostname !== ''
    ? { value: { kind: 'postgres', url } as const }
    : { wrong: 'must be a complete URL of a PostgreSQL database' }

const database = readAs<DatabaseLocation>(url => {
  if (isPostgres(url)) return postgresUrl(url)
  const path = url.startsWith('file:') ? url.slice('file:'.length) : ''
  if (path === '' || path.startsWith(':') || /[?#\0]/.test(path))
    return { wrong: 'must name a SQLite file or a PostgreSQL database' }
  if (!path.startsWith('//')) return { value: { kind: 'sqlite', file: resolve(path) } }
  return /^\/\/\/(?:[^%]|%[2-7](?!f)[0-9a-f])+$/i.test(path)
    ? { value: { kind: 'sqlite', file: fileURLToPath(url) } }
    : { wrong: 'must name a file of this machine' }
})

const natsAddresses = readAs(text => {
  const addresses = parseNatsAddresses(text)
  return addresses === undefined
    ? { wrong: 'must be nats://host:port or tls://user:password@host:port, several with commas between' }
    : { value: addresses }
})

const transports = readAs<Settings['transports']>(text => {
  const items = itemsOf(text)
  const known = transportNames.filter(name => items.includes(name))
  return known.length > 0 && items.every(item => known.some(name => name === item))
    ? { value: new Set(known) }
    : { wrong: 'must name one or both of graphql and websocket' }
})

const allowedOrigins = readAs<AllowedOrigins>(text => {
  const items = itemsOf(text)
  if (items.length === 1 && items[0] === '*') return { value: 'any' }
  const origins = items.map(originOf)
  return origins.length > 0 && origins.every(origin => origin !== undefined)
    ? { value: new Set(origins) }
    : { wrong: 'must be * or a comma list of origins (scheme, host and port, no path)' }
})

const trustedProxies = readAs<BlockList>(text => {
  const value = parseProxies(text)
  return value === undefined ? { wrong: 'must be a comma list of addresses and CIDR ranges' } : { value }
})

const jwtSecret = z
  .string()
  .refine(secret => Buffer.byteLength(secret) >= 32, { error: 'must have at least 32 bytes' })
  .optional()

const executorNames = ['compiled', 'reference'] as const satisfies readonly ExecutorName[]
const environments = ['production', 'development', 'test'] as const

const onOrOff = z.enum(['on', 'off'], { error: 'must be on or off' })

const scrubHour = readAs<number | undefined>(text => {
  if (text === 'off') return { value: undefined }
  return /^(?:1?\d|2[0-3])$/.test(text) ? { value: Number(text) } : { wrong: 'must be an hour from 0 to 23, or off' }
})

const schema = z
  .object({
    HOST: z.string().regex(/^[^\s/]+$/, { error: 'must be a host name or an address' }),
    PORT: wholeNumber(0, 65_535),
    DATABASE_URL: database,
    NATS_URL: natsAddresses.optional(),
    AUTH_JWT_SECRET: jwtSecret,
    AUTH_JWKS_URL: unsupported,
    AUTH_ISSUER: z.string().optional(),
    AUTH_AUDIENCE: z.string().optional(),
    TRANSPORTS: transports,
    ALLOWED_ORIGINS: allowedOrigins.optional(),
    TRUSTED_PROXIES: trustedProxies.optional(),
    LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }),
    NODE_ENV: z
      .enum(environments, { error: `must be ${environments.slice(0, -1).join(', ')} or ${environments.at(-1)}` })
      .optional(),
    GRAPHQL_EXECUTOR: z.enum(executorNames, { error: `must be ${executorNames.join(' or ')}` }),
    INTROSPECTION: onOrOff.optional(),
    GRAPHIQL: onOrOff.optional(),
    METRICS_PORT: wholeNumber(0, 65_535).optional(),
    MAX_TEXT_LENGTH: wholeNumber(1, 100_000),
    ...limitShape,
    RECENT_EVENTS_MEGABYTES: wholeNumber(1, 100_000),
    SCRUB_HOUR: scrubHour,
    HEARTBEAT_SECONDS: wholeNumber(1, 3600),
    DRAIN_NOTICE_SECONDS: wholeNumber(0, 3600),
    SHUTDOWN_SECONDS: wholeNumber(1, 3600),
  })
  .strict()

type Values = z.infer<typeof schema>
type Variable = keyof Values

const postgresExample = 'postgres://user:password@host/database'

const descriptions: Readonly<Record<Variable, SettingDescription>> = {
  HOST: { meaning: 'the address to listen on; 0.0.0.0 for all', example: '127.0.0.1', fallback: '127.0.0.1' },
  PORT: { meaning: 'the port to listen on; 0 for any free one', example: '4000', fallback: '4000' },
  DATABASE_URL: {
    meaning: `a SQLite file, or ${postgresExample}`,
    example: 'file:./data/messenger.db',
    fallback: 'file:./data/messenger.db',
    secret: true,
  },
  NATS_URL: {
    meaning: 'the NATS servers between several nodes; without it there is one node',
    example: 'nats://127.0.0.1:4222',
    secret: true,
  },
  AUTH_JWT_SECRET: {
    meaning: 'accept HS256 tokens signed with it; at least 32 bytes',
    example: '"$(openssl rand -hex 32)"',
    secret: true,
  },
  AUTH_JWKS_URL: { meaning: 'the keys of an external issuer (later)', example: '' },
  AUTH_ISSUER: {
    meaning: 'the iss that tokens signed with the secret must have',
    example: 'https://login.example.com',
  },
  AUTH_AUDIENCE: { meaning: 'the aud that tokens signed with the secret must have', example: 'messenger' },
  TRANSPORTS: { meaning: 'the protocols to serve', example: 'graphql,websocket', fallback: 'graphql,websocket' },
  ALLOWED_ORIGINS: {
    meaning: "browsers' origins that may connect, or *; without it the server's own",
    example: 'https://chat.example.com,http://localhost:5173',
  },
  TRUSTED_PROXIES: {
    meaning: 'addresses and ranges whose X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto are trusted',
    example: '127.0.0.1,10.0.0.0/8',
  },
  LOG_LEVEL: { meaning: logLevels.join(', '), example: 'info', fallback: 'info' },
  NODE_ENV: {
    meaning: 'production hides what only developers need; without it this is development',
    example: 'production',
  },
  GRAPHQL_EXECUTOR: {
    meaning: 'compiled, or reference: execute GraphQL with graphql-js, slower, to compare results',
    example: 'compiled',
    fallback: 'compiled',
  },
  INTROSPECTION: {
    meaning: 'on or off: who may query the schema; without it everyone, in production with a token only',
    example: 'off',
  },
  GRAPHIQL: {
    meaning: 'on or off: GraphiQL for a browser that opens /graphql; without it on, in production off',
    example: 'off',
  },
  METRICS_PORT: {
    meaning: 'a port for /metrics, on the same HOST; without it /metrics is on PORT',
    example: '9464',
  },
  MAX_TEXT_LENGTH: { meaning: 'characters in a message', example: '10000', fallback: '10000' },
  ...limitDescriptions,
  RECENT_EVENTS_MEGABYTES: {
    meaning: 'memory for recent events, from which clients that reconnect are served',
    example: '64',
    fallback: '64',
  },
  SCRUB_HOUR: {
    meaning: 'the hour, 0 to 23, at which erased data in a SQLite file is overwritten each day; or off',
    example: '3',
    fallback: '3',
  },
  HEARTBEAT_SECONDS: { meaning: 'the seconds between two pings of a WebSocket', example: '30', fallback: '30' },
  DRAIN_NOTICE_SECONDS: {
    meaning: 'how long a stopping server reports that at /readyz before it closes connections, for load balancers',
    example: '5',
    fallback: '0',
  },
  SHUTDOWN_SECONDS: { meaning: 'how long closing all connections may take after that', example: '10', fallback: '10' },
}

const variables = schema.keyof().options
const flagOf = (variable: Variable): string => variable.toLowerCase().replaceAll('_', '-')

interface SettingFault {
  /** The variable or flag. */
  readonly name: string
  readonly problem: string
  readonly example?: string
}

const lineOf = ({ name, problem, example }: SettingFault): string =>
  `${name}: ${problem}${example === undefined ? '' : ` (example: ${example})`}`

/** The settings are invalid; the message has one line for each fault. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly faults: readonly SettingFault[]

  constructor(faults: readonly SettingFault[]) {
    super(faults.map(lineOf).join('\n'))
    this.faults = faults
  }
}

type Given = Partial<Record<Variable, string>>

const fromFlags = (argv: readonly string[], faults: SettingFault[]): Given => {
  const options = Object.fromEntries(variables.map(variable => [flagOf(variable), { type: 'string' as const }]))
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  const given: Given = {}
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      faults.push({ name: token.value, problem: 'is not a flag', example: '--port 4000' })
      continue
    }
    const variable = variables.find(candidate => flagOf(candidate) === token.name)
    if (variable === undefined)
      faults.push({ name: token.rawName, problem: 'is not a flag of serve: see messenger --help' })
    else if (token.value === undefined) faults.push({ name: token.rawName, problem: 'has no value' })
    else given[variable] = token.value
  }
  return given
}

const readEnvFile = (file: string, faults: SettingFault[]): NodeJS.Dict<string> => {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    faults.push({ name: file, problem: `cannot be read: ${error instanceof Error ? error.message : String(error)}` })
    return {}
  }
}

/** An empty variable counts as not set. */
const fromEnvironment = (env: NodeJS.Dict<string>): Given => {
  const given: Given = {}
  for (const variable of variables) {
    const value = env[variable]
    if (value !== undefined && value !== '') given[variable] = value
  }
  return given
}

const defaults = (): Given => {
  const given: Given = {}
  for (const variable of variables) {
    const { fallback } = descriptions[variable]
    if (fallback !== undefined) given[variable] = fallback
  }
  return given
}

const exampleOf = (variable: Variable, value: string | undefined): string =>
  variable === 'DATABASE_URL' && isPostgres(value ?? '') ? postgresExample : descriptions[variable].example

const faultOf = (variable: Variable, message: string, value: string | undefined): SettingFault => {
  const { secret } = descriptions[variable]
  const example = exampleOf(variable, value)
  const shown = secret === undefined && value !== undefined ? `, not ${JSON.stringify(value)}` : ''
  return {
    name: variable,
    problem: message.startsWith('must') ? `${message}${shown}` : message,
    ...(example === '' ? {} : { example: `${variable}=${example}` }),
  }
}

const check = (given: Given, faults: SettingFault[]): Values | undefined => {
  const checked = schema.safeParse(given)
  for (const issue of checked.error?.issues ?? []) {
    const variable = variables.find(candidate => candidate === issue.path[0])
    if (variable !== undefined) faults.push(faultOf(variable, issue.message, given[variable]))
  }
  for (const variable of ['AUTH_ISSUER', 'AUTH_AUDIENCE'] as const)
    if (given[variable] !== undefined && given.AUTH_JWT_SECRET === undefined)
      faults.push(
        faultOf(variable, 'has no effect without AUTH_JWT_SECRET: set that too, or leave it unset', undefined),
      )
  if (given.METRICS_PORT === given.PORT && given.PORT !== '0')
    faults.push(faultOf('METRICS_PORT', 'must be another port than PORT', given.METRICS_PORT))
  return checked.data
}

const introspectionOf = ({ INTROSPECTION, NODE_ENV }: Values): Settings['introspection'] => {
  if (INTROSPECTION !== undefined) return INTROSPECTION === 'on' ? 'everyone' : 'nobody'
  return NODE_ENV === 'production' ? 'authenticated' : 'everyone'
}

const graphiqlOf = ({ GRAPHIQL, NODE_ENV }: Values): boolean =>
  GRAPHIQL === undefined ? NODE_ENV !== 'production' : GRAPHIQL === 'on'

const settingsOf = (values: Values, tracing: TraceSettings | undefined): Settings => ({
  host: values.HOST,
  port: values.PORT,
  database: values.DATABASE_URL,
  nats: values.NATS_URL,
  auth: { jwtSecret: values.AUTH_JWT_SECRET, issuer: values.AUTH_ISSUER, audience: values.AUTH_AUDIENCE },
  transports: values.TRANSPORTS,
  allowedOrigins: values.ALLOWED_ORIGINS ?? 'own',
  trustedProxies: values.TRUSTED_PROXIES,
  logLevel: values.LOG_LEVEL,
  production: values.NODE_ENV === 'production',
  graphqlExecutor: values.GRAPHQL_EXECUTOR,
  introspection: introspectionOf(values),
  graphiql: graphiqlOf(values),
  metricsPort: values.METRICS_PORT,
  maxTextLength: values.MAX_TEXT_LENGTH,
  rates: ratesOf(values),
  maxGroupsPerUser: values.MAX_GROUPS_PER_USER,
  maxMembersPerGroup: values.MAX_MEMBERS_PER_GROUP,
  maxNamedUsersPerUser: values.MAX_NAMED_USERS_PER_USER,
  maxConnectionsPerUser: values.MAX_CONNECTIONS_PER_USER,
  maxSubscriptionsPerConnection: values.MAX_SUBSCRIPTIONS_PER_CONNECTION,
  recentEventsMegabytes: values.RECENT_EVENTS_MEGABYTES,
  scrubHour: values.SCRUB_HOUR,
  heartbeatSeconds: values.HEARTBEAT_SECONDS,
  drainNoticeSeconds: values.DRAIN_NOTICE_SECONDS,
  shutdownSeconds: values.SHUTDOWN_SECONDS,
  tracing,
})

export interface SettingSources {
  /** Flags of `messenger serve`. They override the environment, which overrides the file. */
  readonly argv?: readonly string[]
  readonly env?: NodeJS.Dict<string>
  /** May be missing. */
  readonly envFile?: string
}

/** Throws a `SettingsError` that lists every fault. */
export const readSettings = ({ argv = [], env = process.env, envFile = '.env' }: SettingSources = {}): Settings => {
  const faults: SettingFault[] = []
  const given = {
    ...defaults(),
    ...fromEnvironment(readEnvFile(envFile, faults)),
    ...fromEnvironment(env),
    ...fromFlags(argv, faults),
  }
  const values = check(given, faults)
  const tracing = readTraceSettings(env, faults)
  if (values === undefined || faults.length > 0) throw new SettingsError(faults)
  return settingsOf(values, tracing)
}

/** The lines of `--help`, one for each setting. */
export const describeSettings = (): string =>
  variables
    .map(variable => {
      const { meaning, fallback } = descriptions[variable]
      return `  ${variable.padEnd(34)}${meaning}${fallback === undefined ? '' : ` [${fallback}]`}`
    })
    .join('\n')
