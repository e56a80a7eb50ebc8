import {
  idPrefixes,
  type Json,
  maxSequence,
  parseAuditEntryId,
  parseConversationId,
  parseMembershipId,
  parseMessageId,
  parseStoredUserId,
} from '@cpc-messenger/messenger'
import {
  isAnything,
  isFlag,
  isListOf,
  isNumber,
  isOneOf,
  isParsed,
  isText,
  isWhole,
  orNull,
  type TypeGuard,
} from './shape.ts'

export type SqlValue = string | number | null

/** How one kind of value is stored in a column. */
export interface Codec<Value, Stored extends SqlValue = SqlValue> {
  /** Whether a value is of this kind: for values that another process sends. */
  readonly is: TypeGuard<Value>
  /** Parses a stored value. Throws a `TypeError` for a value that `write` never returns. */
  readonly read: (stored: unknown) => Value
  readonly write: (value: Value) => Stored
}

export type ValueOf<Of> = Of extends Codec<infer Value> ? Value : never
export type StoredOf<Of> = Of extends { readonly write: (value: never) => infer Stored } ? Stored : never

/** A value that is stored as it is. */
const plain = <Value extends SqlValue>(kind: string, is: TypeGuard<Value>): Codec<Value, Value> => ({
  is,
  read: stored => {
    if (is(stored)) return stored
    throw new TypeError(`not a valid ${kind}`)
  },
  write: value => value,
})

/**
 * An id. Ids from another process are validated by the domain's parser. Ids from the database were validated when they were
 * stored, so only their prefix is compared: matching the pattern takes as long as all other columns of a row.
 */
const id = <Value extends string>(
  kind: string,
  prefix: string,
  parse: (text: string) => Value | undefined,
): Codec<Value, string> => {
  const isStored = (stored: unknown): stored is Value => typeof stored === 'string' && stored.startsWith(prefix)
  return {
    is: isParsed(parse),
    read: stored => {
      if (isStored(stored)) return stored
      throw new TypeError(`not a valid ${kind}`)
    },
    write: value => value,
  }
}

export const text = plain('text', isText)
export const number = plain('number', isNumber)
/** Milliseconds since 1970. */
export const instant = plain('instant', isNumber)
export const count = plain('count', isWhole(0))
/** True or false, stored as 1 or 0. */
export const flag: Codec<boolean, number> = {
  is: isFlag,
  read: stored => number.read(stored) === 1,
  write: value => (value ? 1 : 0),
}
export const version = plain('version', isWhole(1))
/** A sequence of a log, from 1. */
export const sequence = plain('sequence', isWhole(1, maxSequence))
/** The number of a commit. */
export const commit = plain('commit number', isWhole(0))
export const conversationId = id('conversation id', `${idPrefixes.conversation}_`, parseConversationId)
export const messageId = id('message id', `${idPrefixes.message}_`, parseMessageId)
export const membershipId = id('membership id', `${idPrefixes.membership}_`, parseMembershipId)
export const auditEntryId = id('audit entry id', `${idPrefixes.auditEntry}_`, parseAuditEntryId)
export const userId = id('user id', '', parseStoredUserId)

export const oneOf = <Value extends string>(values: readonly Value[]): Codec<Value, string> =>
  plain(values.join(' or '), isOneOf(values))

export const nullable = <Value, Stored extends SqlValue>({
  is,
  read,
  write,
}: Codec<Value, Stored>): Codec<Value | null, Stored | null> => ({
  is: orNull(is),
  read: stored => (stored === null ? null : read(stored)),
  // A property that an object does not have is stored as null.
  write: value => (value == null ? null : write(value)),
})

/** A value as JSON text. `parse` validates it. */
export const jsonText = <Value>(is: TypeGuard<Value>, parse: (text: string) => Value): Codec<Value, string> => ({
  is,
  read: stored => parse(text.read(stored)),
  write: value => JSON.stringify(value),
})

const areUserIds = isListOf(userId.is)

/** A list of users as JSON text. */
export const userIds = jsonText(areUserIds, stored => {
  const ids: unknown = JSON.parse(stored)
  if (areUserIds(ids)) return ids
  throw new TypeError('not a list of user ids')
})

const parseJson = (stored: string): Json => JSON.parse(stored)
const isJson = (value: unknown): value is Json => isAnything(value)

/** Any JSON; null is stored as null. */
export const json: Codec<Json, string | null> = {
  is: isJson,
  read: stored => (stored === null ? null : parseJson(text.read(stored))),
  write: value => (value === null ? null : JSON.stringify(value)),
}
