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

/** What a client does about an error: change the request; wait and retry; sign in; load the state again. */
export type Remedy = 'change-request' | 'wait' | 'new-token' | 'resync'

export interface ErrorMeaning {
  readonly when: string
  readonly remedy: Remedy
}

/** What each code means; one without a meaning does not compile. */
export const errorMeanings: Readonly<Record<ErrorCode, ErrorMeaning>> = {
  UNAUTHENTICATED: { when: 'There is no token, or not a valid one.', remedy: 'new-token' },
  TOKEN_EXPIRED: { when: 'The token was valid and has expired.', remedy: 'new-token' },
  FORBIDDEN: { when: 'The viewer may see the object but not do this.', remedy: 'change-request' },
  NOT_FOUND: {
    when: 'It does not exist, or the viewer may not see it: the same answer for both.',
    remedy: 'change-request',
  },
  BAD_USER_INPUT: { when: 'A value is not allowed; details.field names it.', remedy: 'change-request' },
  CONFLICT: { when: 'The object is not at the expected version; details.currentVersion.', remedy: 'resync' },
  MESSAGE_DELETED: { when: 'An edit of, a reaction or a reply to a deleted message.', remedy: 'change-request' },
  EDIT_WINDOW_CLOSED: { when: 'The time in which an author may edit is over.', remedy: 'change-request' },
  SILENCED: { when: 'The viewer may not write for now; details.retryAfterMs.', remedy: 'wait' },
  SLOW_MODE: { when: 'The conversation is in slow mode; details.retryAfterMs.', remedy: 'wait' },
  RESYNC: {
    when: 'The position is ahead of the log, or of another epoch; of an inbox, details.conversationIds names which.',
    remedy: 'resync',
  },
  RATE_LIMITED: { when: 'A limit is exceeded; details.retryAfterMs if waiting helps.', remedy: 'wait' },
  QUERY_TOO_COMPLEX: { when: 'The query is over the limits.', remedy: 'change-request' },
  UNAVAILABLE: { when: 'The server cannot do it at the moment; nothing was changed.', remedy: 'wait' },
  INTERNAL: { when: 'An error of the server; details.errorId is in its log.', remedy: 'wait' },
}
