type Fields = Readonly<Record<string, unknown>>

export interface SubscribePayload {
  readonly query: string
  readonly operationName: string | undefined
  readonly variables: Fields | undefined
}

/** What a client of `graphql-transport-ws` may send. */
export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Fields | undefined }
  | { readonly type: 'ping'; readonly payload: Fields | undefined }
  | { readonly type: 'pong' }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: SubscribePayload }
  | { readonly type: 'complete'; readonly id: string }

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Absent and null are the same. */
const isAbsentOr = <Value>(value: unknown, is: (value: unknown) => value is Value): value is Value | null | undefined =>
  value == null || is(value)

const isText = (value: unknown): value is string => typeof value === 'string'

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const subscribePayload = (payload: unknown): SubscribePayload | undefined => {
  if (!isFields(payload)) return undefined
  const { query, operationName, variables, extensions } = payload
  if (!isText(query) || !isAbsentOr(operationName, isText)) return undefined
  if (!isAbsentOr(variables, isFields) || !isAbsentOr(extensions, isFields)) return undefined
  return { query, operationName: operationName ?? undefined, variables: variables ?? undefined }
}

/** Undefined for what is no message of a client. */
export const parseClientMessage = (text: string): ClientMessage | undefined => {
  const message = parsed(text)
  if (!isFields(message)) return undefined
  const { type, id, payload } = message
  switch (type) {
    case 'connection_init':
    case 'ping':
      return isAbsentOr(payload, isFields) ? { type, payload: payload ?? undefined } : undefined
    case 'pong':
      return isAbsentOr(payload, isFields) ? { type } : undefined
    case 'subscribe': {
      const operation = subscribePayload(payload)
      return isText(id) && id !== '' && operation !== undefined ? { type, id, payload: operation } : undefined
    }
    case 'complete':
      return isText(id) && id !== '' ? { type, id } : undefined
    default:
      return undefined
  }
}
