import { type LocalPresence, presenceStatuses, statusTextLength, type UserId } from '@cpc-messenger/messenger'
import { userId as userIdCodec } from '../../tables/definition/codec.ts'
import { isOneOf, isText, isWhole, orNull, type TypeGuard } from '../../tables/definition/shape.ts'
import { maxMessageBytes } from './announcement-form.ts'
import { parsePayload } from './parse-payload.ts'

/** What a node says of its own users. */
export type PresenceMessage = {
  /** Made at the start of the process. */
  readonly node: string
  /** From 1; greater than that of every message that the node sent before. */
  readonly number: number
  /** The node's time. */
  readonly at: number
} & (
  | { readonly kind: 'changes'; readonly users: readonly LocalPresence[] }
  /**
   * One of several messages that have all users of the node. `from` is the number of the first of them: a user whom the node
   * has not named since then is no longer connected to it.
   */
  | { readonly kind: 'set'; readonly from: number; readonly isLast: boolean; readonly users: readonly LocalPresence[] }
  /** The node has started or was cut off: the others send their sets. */
  | { readonly kind: 'hello' }
  /** The node shuts down, and its users reconnect to others. */
  | { readonly kind: 'leaving' }
)

/** A message apart from its users. */
export type PresenceHead = Omit<PresenceMessage, 'users'>

/** The longest head and the brackets around the users. */
const headBytes = 300

const isInstant = isWhole(0)
const isStatus = isOneOf(presenceStatuses)
const isStatusText: TypeGuard<string> = (value): value is string =>
  isText(value) && value !== '' && value.length <= 2 * statusTextLength

/** A user as an array without what is null at its end. */
const encodeUser = ({ presence, isLeaving }: LocalPresence): string => {
  const { userId, status, statusText, statusExpiresAt, lastSeenAt } = presence
  const leaving = isLeaving ? 1 : null
  const values: (string | number | null)[] = [userId, status, statusText, statusExpiresAt, lastSeenAt, leaving]
  while (values.at(-1) === null) values.pop()
  return JSON.stringify(values)
}

const decodeUser = (value: unknown): LocalPresence | undefined => {
  if (!Array.isArray(value) || value.length < 2 || value.length > 6) return undefined
  const [userId, status, statusText = null, statusExpiresAt = null, lastSeenAt = null, leaving = null]: unknown[] =
    value
  if (!userIdCodec.is(userId) || !isStatus(status) || !orNull(isStatusText)(statusText)) return undefined
  if (!orNull(isInstant)(statusExpiresAt) || !orNull(isInstant)(lastSeenAt)) return undefined
  if (leaving !== null && leaving !== 1) return undefined
  // While a user is offline there is only when they were last seen, and otherwise all but that.
  const isOffline = status === 'OFFLINE'
  if (isOffline ? statusText !== null || statusExpiresAt !== null : lastSeenAt !== null) return undefined
  return { presence: { userId, status, statusText, statusExpiresAt, lastSeenAt }, isLeaving: leaving === 1 }
}

const decodeUsers = (value: unknown): readonly LocalPresence[] | undefined => {
  if (!Array.isArray(value)) return undefined
  const users = value.map(decodeUser)
  return users.every(user => user !== undefined) ? users : undefined
}

export const encodePresence = (head: PresenceHead, users: string | undefined): Uint8Array => {
  const text = JSON.stringify(head)
  return Buffer.from(users === undefined ? text : `${text.slice(0, -1)},"users":[${users}]}`)
}

/**
 * The users as lists that each fit into one message. `presenceOf` is asked when a list is filled; users without a presence are
 * left out.
 */
export function* listsOfUsers(
  userIds: Iterable<UserId>,
  presenceOf: (userId: UserId) => LocalPresence | undefined,
  maxBytes: number,
): Generator<string> {
  const max = Math.min(maxBytes, maxMessageBytes) - headBytes
  let list = ''
  let bytes = 0
  for (const userId of userIds) {
    const presence = presenceOf(userId)
    if (presence === undefined) continue
    const user = encodeUser(presence)
    const size = Buffer.byteLength(user) + 1
    if (bytes > 0 && bytes + size > max) {
      yield list
      list = ''
      bytes = 0
    }
    list += bytes === 0 ? user : `,${user}`
    bytes += size
  }
  if (bytes > 0) yield list
}

const isNode = (value: unknown): value is string => isText(value) && /^[\da-f-]{36}$/.test(value)
const isNumber = isWhole(1)

/** Undefined if the format is unknown. */
export const decodePresence = (bytes: Uint8Array): PresenceMessage | undefined => {
  const { node, number, at, kind, from, isLast, users: given } = parsePayload(bytes) ?? {}
  if (!isNode(node) || !isNumber(number) || !isInstant(at)) return undefined
  if (kind === 'hello' || kind === 'leaving') return { node, number, at, kind }
  const users = decodeUsers(given)
  if (users === undefined) return undefined
  if (kind === 'changes') return { node, number, at, kind, users }
  if (kind !== 'set' || !isNumber(from) || from > number || typeof isLast !== 'boolean') return undefined
  return { node, number, at, kind, from, isLast, users }
}
