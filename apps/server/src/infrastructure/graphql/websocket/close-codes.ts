import type { ErrorCode } from '@cpc-messenger/messenger'

export const closeCodes = {
  goingAway: 1001,
  frameTooLarge: 1009,
  tryLater: 1013,
  malformed: 4400,
  noToken: 4401,
  tokenRanOut: 4403,
  otherProtocol: 4406,
  noInit: 4408,
  idInUse: 4409,
  stalled: 4413,
  initiatedTwice: 4429,
  internal: 4500,
} as const

/** How a connection ends whose connection_init was refused. */
export const closeCodeOf = (code: ErrorCode): number => {
  switch (code) {
    case 'BAD_USER_INPUT':
      return closeCodes.malformed
    case 'UNAVAILABLE':
    case 'RATE_LIMITED':
      return closeCodes.tryLater
    case 'TOKEN_EXPIRED':
      return closeCodes.tokenRanOut
    case 'INTERNAL':
      return closeCodes.internal
    default:
      return closeCodes.noToken
  }
}

/** When to come back, in milliseconds: spread, so that not all come at once. */
export const spreadWait = (mostMs: number): string => String(Math.round(Math.random() * mostMs))
