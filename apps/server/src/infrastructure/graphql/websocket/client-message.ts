import { type GraphQLParams, isRecord, parseParams } from '../documents/graphql-params.ts'

type Fields = Readonly<Record<string, unknown>>

/** The messages that a client of `graphql-transport-ws` may send. */
export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Fields | undefined }
  | { readonly type: 'ping'; readonly payload: Fields | undefined }
  | { readonly type: 'pong' }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: GraphQLParams }
  | { readonly type: 'complete'; readonly id: string }

/** Absent and null are equivalent. */
const isAbsentOr = <Value>(value: unknown, is: (value: unknown) => value is Value): value is Value | null | undefined =>
  value == null || is(value)

/** The maximum length of an operation's id in UTF-16 code units; each of its results carries the id. */
const idLength = 128

const isText = (value: unknown): value is string => typeof value === 'string'

const isId = (value: unknown): value is string => isText(value) && value !== '' && value.length <= idLength

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const subscribePayload = (payload: unknown): GraphQLParams | undefined => {
  const params = isRecord(payload) ? parseParams(payload) : undefined
  return params === undefined || 'field' in params ? undefined : params
}

/** Undefined if the text is not a message of a client. */
export const parseClientMessage = (text: string): ClientMessage | undefined => {
  const message = parsed(text)
  if (!isRecord(message)) return undefined
  const { type, id, payload } = message
  switch (type) {
    case 'connection_init':
    case 'ping':
      return isAbsentOr(payload, isRecord) ? { type, payload: payload ?? undefined } : undefined
    case 'pong':
      return isAbsentOr(payload, isRecord) ? { type } : undefined
    case 'subscribe': {
      const operation = subscribePayload(payload)
      return isId(id) && operation !== undefined ? { type, id, payload: operation } : undefined
    }
    case 'complete':
      return isId(id) ? { type, id } : undefined
    default:
      return undefined
  }
}
