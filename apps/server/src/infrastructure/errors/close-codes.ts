import { closings } from '@cpc-messenger/protocol'

/** Every reason for which the server closes a WebSocket, with its close code on both protocols: those of the contract, and one more. */
export const closeCodes = {
  ...closings,
  /** An error in the server; the connection cannot continue. 1011 is RFC 6455's code for that. */
  internalError: { messenger: 1011, graphql: 4500 },
} as const satisfies Readonly<Record<string, { readonly messenger: number; readonly graphql: number }>>

export type CloseReason = keyof typeof closeCodes
