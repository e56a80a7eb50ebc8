import { badInput } from '@cpc-messenger/messenger'

/** The kinds of list that have cursors. A cursor of one kind is none of another. */
export type CursorKind = 'timeline' | 'reactors' | 'members' | 'conversations' | 'channels' | 'users'

/** `scope` is what the list belongs to: a cursor of another conversation's list is no cursor of this one. */
export interface CursorList {
  readonly kind: CursorKind
  readonly scope: string
}

type Place = readonly (string | number)[]

export const cursorOf = ({ kind, scope }: CursorList, place: Place): string =>
  Buffer.from(JSON.stringify([kind, scope, ...place])).toString('base64url')

const decode = (cursor: string): unknown => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** The place that a cursor of this list names; anything else is refused. */
const placeOf = (cursor: string, list: CursorList, field: string): readonly unknown[] => {
  const parts = decode(cursor)
  if (Array.isArray(parts) && parts[0] === list.kind && parts[1] === list.scope) return parts.slice(2)
  throw badInput(field, `${field} is not a cursor of this list.`)
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** Of a list in the order of a sequence. */
export const sequenceAt = (cursor: string, list: CursorList, field: string): number => {
  const [sequence, ...rest] = placeOf(cursor, list, field)
  if (isWhole(sequence) && rest.length === 0) return sequence
  throw badInput(field, `${field} is not a cursor of this list.`)
}

/** Of a list in the order of a text, then of an id. */
export const textAndIdAt = <Id extends string>(
  cursor: string,
  list: CursorList,
  field: string,
  parseId: (text: string) => Id | undefined,
): { readonly text: string; readonly id: Id } => {
  const [text, idText, ...rest] = placeOf(cursor, list, field)
  const id = typeof idText === 'string' ? parseId(idText) : undefined
  if (typeof text === 'string' && id !== undefined && rest.length === 0) return { text, id }
  throw badInput(field, `${field} is not a cursor of this list.`)
}

/** Of a list in the order of a number, then of an id. */
export const numberAndIdAt = <Id extends string>(
  cursor: string,
  list: CursorList,
  field: string,
  parseId: (text: string) => Id | undefined,
): { readonly number: number; readonly id: Id } => {
  const [number, idText, ...rest] = placeOf(cursor, list, field)
  const id = typeof idText === 'string' ? parseId(idText) : undefined
  if (isWhole(number) && id !== undefined && rest.length === 0) return { number, id }
  throw badInput(field, `${field} is not a cursor of this list.`)
}
