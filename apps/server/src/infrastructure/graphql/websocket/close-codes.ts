import { closeCodes } from '../../errors/close-codes.ts'

const { goingDown, frameTooLarge, tooMany, malformed, unauthenticated, tokenEnded, silent, stalled, internalError } =
  closeCodes

/** The close codes of `graphql-transport-ws`; those without a row in `closeCodes` are of this protocol alone. */
export const graphqlCloseCodes = {
  goingAway: goingDown.graphql,
  frameTooLarge: frameTooLarge.graphql,
  tryLater: tooMany.graphql,
  malformed: malformed.graphql,
  unauthenticated: unauthenticated.graphql,
  tokenExpired: tokenEnded.graphql,
  unknownSubprotocol: 4406,
  noInit: silent.graphql,
  idInUse: 4409,
  stalled: stalled.graphql,
  initiatedTwice: 4429,
  internalError: internalError.graphql,
} as const

/** A random wait in milliseconds as a close reason, so that clients do not all reconnect at once. */
export const spreadWait = (maxMs: number): string => String(Math.round(Math.random() * maxMs))
