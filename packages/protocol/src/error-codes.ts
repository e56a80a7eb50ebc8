import type { ErrorCode } from '@cpc-messenger/messenger'

/** Every code of an `Error` frame, in both protocols the same. A code of the domain that is not here does not compile. */
export const wireErrorCodes = [
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
] as const satisfies readonly ErrorCode[]

/** How a client handles an error: change the request; wait and retry; get a new token; load the state again. */
export type Remedy = 'change-request' | 'wait' | 'new-token' | 'resync'

export interface ErrorMeaning {
  readonly when: string
  readonly remedy: Remedy
}

/** The meaning of each code. A code without an entry does not compile. */
export const errorMeanings: Readonly<Record<ErrorCode, ErrorMeaning>> = {
  UNAUTHENTICATED: { when: 'There is no token, or it is not valid.', remedy: 'new-token' },
  TOKEN_EXPIRED: { when: 'The token was valid and has expired.', remedy: 'new-token' },
  FORBIDDEN: { when: 'The viewer may see the object, but may not do this.', remedy: 'change-request' },
  NOT_FOUND: {
    when: 'The object does not exist, or the viewer may not see it; both give the same error.',
    remedy: 'change-request',
  },
  BAD_USER_INPUT: { when: 'A value is not allowed; details.field names it.', remedy: 'change-request' },
  CONFLICT: { when: 'The object is not at the expected version; details.currentVersion.', remedy: 'resync' },
  MESSAGE_DELETED: { when: 'An edit of, a reaction to, or a reply to a deleted message.', remedy: 'change-request' },
  EDIT_WINDOW_CLOSED: { when: 'The time in which an author may edit is over.', remedy: 'change-request' },
  SILENCED: { when: 'The viewer may not write for now; details.retryAfterMs.', remedy: 'wait' },
  SLOW_MODE: { when: 'The conversation is in slow mode; details.retryAfterMs.', remedy: 'wait' },
  RESYNC: {
    when: 'The position is ahead of the log, or of another epoch; for an inbox, details.conversationIds lists the conversations.',
    remedy: 'resync',
  },
  RATE_LIMITED: { when: 'A limit is exceeded; details.retryAfterMs if waiting helps.', remedy: 'wait' },
  QUERY_TOO_COMPLEX: { when: 'The query exceeds the limits.', remedy: 'change-request' },
  UNAVAILABLE: { when: 'The server is temporarily unavailable; nothing was changed.', remedy: 'wait' },
  INTERNAL: { when: 'An error in the server; its log has details.errorId.', remedy: 'wait' },
}
