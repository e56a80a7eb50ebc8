import type { z } from 'zod'
import {
  type CapName,
  caps,
  type Rate,
  type RateLimitName,
  type Rates,
  rateLimits,
} from './services/limits/limit-table.ts'
import { readAs, type SettingDescription, wholeNumber } from './setting-types.ts'

type VariableOf<Limits> = {
  [Name in keyof Limits]: Limits[Name] extends { readonly variable: infer Variable } ? Variable : never
}[keyof Limits]
type RateVariable = VariableOf<typeof rateLimits>
type CapVariable = VariableOf<typeof caps>
type SettableCap = {
  [Name in CapName]: (typeof caps)[Name] extends { readonly variable: string } ? Name : never
}[CapName]

/** `RATE/BURST`, or undefined for `0`. */
const parseRate = (
  name: RateLimitName,
  text: string,
): { readonly value: Rate | undefined } | { readonly wrong: string } => {
  if (text === '0') return { value: undefined }
  const [, perSecond, burst] = /^(\d{1,6}(?:\.\d{1,3})?)\/(\d{1,7})$/.exec(text) ?? []
  const value = { perSecond: Number(perSecond), burst: Number(burst) }
  const limit = rateLimits[name]
  const least = 'atOnce' in limit ? limit.atOnce : 1
  return value.perSecond > 0 && value.burst >= least
    ? { value }
    : { wrong: `must be RATE/BURST (tokens a second, and a burst of at least ${least}), or 0 for no limit` }
}

const rate = (name: RateLimitName) => readAs(text => parseRate(name, text))

/** One setting for each limit of the table that can be set. */
export const limitShape = {
  RATE_LIMIT_REQUESTS: rate('requests'),
  RATE_LIMIT_SENDS: rate('sends'),
  RATE_LIMIT_COMMANDS: rate('commands'),
  RATE_LIMIT_CREATIONS: rate('creations'),
  RATE_LIMIT_ADDITIONS: rate('additions'),
  RATE_LIMIT_SUBSCRIPTIONS: rate('subscriptions'),
  RATE_LIMIT_CONNECTIONS: rate('connections'),
  RATE_LIMIT_LARGE_FRAMES: rate('largeFrames'),
  RATE_LIMIT_SIGN_INS: rate('signIns'),
  MAX_CONNECTIONS_PER_USER: wholeNumber(1, 1_000_000),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: wholeNumber(1, 100_000),
  MAX_GROUPS_PER_USER: wholeNumber(1, 1_000_000),
  MAX_MEMBERS_PER_GROUP: wholeNumber(1, 1_000_000),
  MAX_NAMED_USERS_PER_USER: wholeNumber(0, 1_000_000),
} as const satisfies Readonly<Record<RateVariable | CapVariable, z.ZodType>>

const textOf = ({ perSecond, burst }: Rate): string => `${perSecond}/${burst}`

const describeRate = (name: RateLimitName): SettingDescription => {
  const { per, counts } = rateLimits[name]
  const fallback = textOf(rateLimits[name])
  return { meaning: `${counts}: a second and at once, for each ${per}; 0: no limit`, example: fallback, fallback }
}

const describeCap = (name: SettableCap): SettingDescription => {
  const { bounds, max } = caps[name]
  return { meaning: bounds, example: String(max), fallback: String(max) }
}

export const limitDescriptions: Readonly<Record<keyof typeof limitShape, SettingDescription>> = {
  RATE_LIMIT_REQUESTS: describeRate('requests'),
  RATE_LIMIT_SENDS: describeRate('sends'),
  RATE_LIMIT_COMMANDS: describeRate('commands'),
  RATE_LIMIT_CREATIONS: describeRate('creations'),
  RATE_LIMIT_ADDITIONS: describeRate('additions'),
  RATE_LIMIT_SUBSCRIPTIONS: describeRate('subscriptions'),
  RATE_LIMIT_CONNECTIONS: describeRate('connections'),
  RATE_LIMIT_LARGE_FRAMES: describeRate('largeFrames'),
  RATE_LIMIT_SIGN_INS: describeRate('signIns'),
  MAX_CONNECTIONS_PER_USER: describeCap('connectionsPerUser'),
  MAX_SUBSCRIPTIONS_PER_CONNECTION: describeCap('subscriptionsPerConnection'),
  MAX_GROUPS_PER_USER: describeCap('groupsPerUser'),
  MAX_MEMBERS_PER_GROUP: describeCap('membersPerGroup'),
  MAX_NAMED_USERS_PER_USER: describeCap('namedUsersPerUser'),
}

type LimitValues = { readonly [Variable in keyof typeof limitShape]: z.infer<(typeof limitShape)[Variable]> }

export const ratesOf = (values: LimitValues): Required<Rates> => ({
  requests: values.RATE_LIMIT_REQUESTS,
  sends: values.RATE_LIMIT_SENDS,
  commands: values.RATE_LIMIT_COMMANDS,
  creations: values.RATE_LIMIT_CREATIONS,
  additions: values.RATE_LIMIT_ADDITIONS,
  subscriptions: values.RATE_LIMIT_SUBSCRIPTIONS,
  connections: values.RATE_LIMIT_CONNECTIONS,
  largeFrames: values.RATE_LIMIT_LARGE_FRAMES,
  signIns: values.RATE_LIMIT_SIGN_INS,
})
