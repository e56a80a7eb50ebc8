import { badInput, type Instant, isStorable, maxSequence } from '@cpc-messenger/messenger'

/** The kinds of list that have cursors. A cursor of one kind is invalid for another. */
type CursorKind =
  | 'timeline'
  | 'revisions'
  | 'replies'
  | 'participants'
  | 'threads'
  | 'mentions'
  | 'reactors'
  | 'members'
  | 'conversations'
  | 'channels'
  | 'users'

/** `scope` is the id of the list's owner: a cursor of another conversation's list is invalid for this one. */
export interface CursorList {
  readonly kind: CursorKind
  readonly scope: string
}

type Place = readonly (string | number)[]

/** Longer than any cursor that the server creates. */
const maxCursorLength = 4096
/** Longer than any name or id. */
const maxTextLength = 512
/** The latest instant of a `Date`, in milliseconds. */
const maxInstant = 8.64e15

export const cursorOf = ({ kind, scope }: CursorList, place: Place): string =>
  Buffer.from(JSON.stringify([kind, scope, ...place])).toString('base64url')

const decode = (cursor: string): unknown => {
  if (cursor.length > maxCursorLength) return undefined
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

type Part<Value> = (value: unknown) => value is Value

const isWhole =
  (max: number): Part<number> =>
  (value): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max

const isSequence = isWhole(maxSequence)
const isInstant = isWhole(maxInstant)

const isName: Part<string> = (value): value is string =>
  typeof value === 'string' && value.length <= maxTextLength && isStorable(value)

const isIdBy =
  <Id extends string>(parseId: (text: string) => Id | undefined): Part<Id> =>
  (value): value is Id =>
    typeof value === 'string' && parseId(value) !== undefined

/**
 * The sort key in a cursor of this list. Refuses anything but what `cursorOf` creates: these parts, each in the range of its
 * column.
 */
const placeAt = <Values extends readonly (string | number)[]>(
  cursor: string,
  list: CursorList,
  field: string,
  parts: { readonly [Index in keyof Values]: Part<Values[Index]> },
): Values => {
  const decoded = decode(cursor)
  const place: readonly unknown[] = Array.isArray(decoded) ? decoded.slice(2) : []
  const isPlace = (values: readonly unknown[]): values is Values =>
    values.length === parts.length && parts.every((isPart, index) => isPart(values[index]))
  if (isPlace(place) && cursorOf(list, place) === cursor) return place
  throw badInput(field, `${field} is not a cursor of this list.`)
}

/** For a list sorted by a sequence or a version. */
export const sequenceAt = (cursor: string, list: CursorList, field: string): number =>
  placeAt<readonly [number]>(cursor, list, field, [isSequence])[0]

/** For a list sorted by a text, then by id. */
export const textAndIdAt = <Id extends string>(
  cursor: string,
  list: CursorList,
  field: string,
  parseId: (text: string) => Id | undefined,
): { readonly text: string; readonly id: Id } => {
  const [text, id] = placeAt<readonly [string, Id]>(cursor, list, field, [isName, isIdBy(parseId)])
  return { text, id }
}

/** For a list sorted by an instant, then by id. */
export const instantAndIdAt = <Id extends string>(
  cursor: string,
  list: CursorList,
  field: string,
  parseId: (text: string) => Id | undefined,
): { readonly instant: Instant; readonly id: Id } => {
  const [instant, id] = placeAt<readonly [number, Id]>(cursor, list, field, [isInstant, isIdBy(parseId)])
  return { instant, id }
}

/** For a list sorted by id. */
export const idAt = <Id extends string>(
  cursor: string,
  list: CursorList,
  field: string,
  parseId: (text: string) => Id | undefined,
): Id => placeAt<readonly [Id]>(cursor, list, field, [isIdBy(parseId)])[0]
