import { type ErrorCode, errorCodes } from '@cpc-messenger/messenger'
import { builder } from './builder.ts'

const meanings: Readonly<Record<ErrorCode, string>> = {
  UNAUTHENTICATED: 'No token was sent, or it is not valid.',
  TOKEN_EXPIRED: 'The token has expired.',
  FORBIDDEN: 'The viewer may see the object, but may not do this.',
  NOT_FOUND: 'The object does not exist, or the viewer may not see it; both give the same error.',
  BAD_USER_INPUT: 'A value is not allowed by the descriptions of this schema; `extensions.field` names it.',
  CONFLICT: 'The state is not what the client expected; for versions, `extensions.currentVersion` has the current one.',
  MESSAGE_DELETED: 'The message is deleted: it cannot be edited, reacted to or replied to.',
  EDIT_WINDOW_CLOSED: "The conversation's editWindowSeconds have passed.",
  SILENCED: 'A moderator has silenced the viewer in this conversation; retry after `extensions.retryAfterMs`.',
  SLOW_MODE: "The conversation's slowModeSeconds have not passed yet; retry after `extensions.retryAfterMs`.",
  RESYNC: 'The position is ahead of the log or of a different epoch: fetch the state again.',
  RATE_LIMITED: 'Too many requests; retry after `extensions.retryAfterMs`.',
  QUERY_TOO_COMPLEX: 'The operation exceeds a limit on depth, aliases, tokens, cost or response size.',
  UNAVAILABLE: 'The storage is unavailable. Nothing was changed, or it is safe to retry with the same clientMessageId.',
  INTERNAL: 'An error in the server. Its log has the details under `extensions.errorId`.',
}

builder.enumType('ErrorCode', {
  description: 'The codes in `extensions.code` of errors.',
  values: Object.fromEntries(errorCodes.map(code => [code, { description: meanings[code] }])),
})
