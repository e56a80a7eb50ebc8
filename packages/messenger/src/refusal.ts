/** Every error code; `contract/http.md` says when each is used. */
export const errorCodes = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'MESSAGE_DELETED',
  'EDIT_WINDOW_CLOSED',
  'SILENCED',
  'SLOW_MODE',
  'RESYNC',
  'RATE_LIMITED',
  'QUERY_TOO_COMPLEX',
  'UNAVAILABLE',
  'INTERNAL',
] as const
export type ErrorCode = (typeof errorCodes)[number]

/** Sent beside code and message: `extensions` in GraphQL, `details` in messenger.v1. */
export interface RefusalDetails {
  readonly field?: string
  readonly currentVersion?: number
  readonly retryAfterMs?: number
  readonly conversationIds?: readonly string[]
}

/** Why a command, query or frame is rejected, with an error code. A rejected command has changed nothing. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly code: ErrorCode
  readonly details: RefusalDetails

  constructor(code: ErrorCode, message: string, details: RefusalDetails = {}, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = details
  }
}

export const unauthenticated = (message: string): Refusal => new Refusal('UNAUTHENTICATED', message)
export const tokenExpired = (): Refusal => new Refusal('TOKEN_EXPIRED', 'The token has expired. Get a new one.')
export const forbidden = (message: string): Refusal => new Refusal('FORBIDDEN', message)
/** The same refusal for rows that do not exist and rows that the viewer may not see. */
export const notFound = (what: string): Refusal => new Refusal('NOT_FOUND', `No such ${what}, or you may not see it.`)
export const badInput = (field: string, message: string): Refusal => new Refusal('BAD_USER_INPUT', message, { field })
export const conflict = (message: string, currentVersion?: number): Refusal =>
  new Refusal('CONFLICT', message, currentVersion === undefined ? {} : { currentVersion })
export const messageDeleted = (): Refusal => new Refusal('MESSAGE_DELETED', 'The message has been deleted.')
export const editWindowClosed = (seconds: number): Refusal =>
  new Refusal('EDIT_WINDOW_CLOSED', `Messages here may be edited for ${seconds} seconds after sending.`)
export const silenced = (retryAfterMs: number): Refusal =>
  new Refusal('SILENCED', 'You are silenced in this conversation.', { retryAfterMs })
export const slowMode = (retryAfterMs: number): Refusal =>
  new Refusal('SLOW_MODE', 'This conversation is in slow mode: wait before you post again.', { retryAfterMs })
export const resync = (message: string, conversationIds?: readonly string[]): Refusal =>
  new Refusal('RESYNC', message, conversationIds === undefined ? {} : { conversationIds })
export const unavailable = (message: string, cause?: unknown): Refusal =>
  new Refusal('UNAVAILABLE', message, {}, { cause })
