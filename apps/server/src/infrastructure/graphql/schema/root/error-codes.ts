import { type ErrorCode, errorCodes } from '@cpc-messenger/messenger'
import { builder } from './builder.ts'

const meanings: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'No token, or not a valid one.',
  TOKEN_EXPIRED: 'The token was valid, and ran out.',
  FORBIDDEN: 'The viewer sees the thing and may not do this to it.',
  NOT_FOUND: 'It does not exist, or the viewer may not see it: the same answer for both.',
  BAD_USER_INPUT: 'A value outside what the descriptions here allow; `extensions.field` names it.',
  CONFLICT: 'It is not as the client believed; `extensions.currentVersion` where that is about a version.',
  MESSAGE_DELETED: 'Edit of, reaction or reply to a deleted message.',
  EDIT_WINDOW_CLOSED: "The conversation's editWindowSeconds are over.",
  SILENCED: 'A moderator has silenced the viewer here, for `extensions.retryAfterMs`.',
  SLOW_MODE: "The conversation's slowModeSeconds are not over, for `extensions.retryAfterMs`.",
  RESYNC: 'The position is ahead of the log, or of another epoch: fetch the state afresh.',
  RATE_LIMITED: 'Too much at once; come back after `extensions.retryAfterMs`.',
  QUERY_TOO_COMPLEX: 'Over the limits on depth, aliases, tokens, cost or size.',
  UNAVAILABLE: 'Storage does not answer: nothing was done, or repeating with the same clientMessageId is safe.',
  INTERNAL: 'A fault of the server, logged under the `extensions.errorId` of this answer.',
}

builder.enumType('ErrorCode', {
  description: 'The codes in `extensions.code` of errors.',
  values: Object.fromEntries(errorCodes.map(code => [code, { description: meanings[code] }])),
})
