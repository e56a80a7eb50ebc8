/** Close codes of `graphql-transport-ws` alone; those that it shares with `messenger.v1` are in `errors/close-codes.ts`. */
export const graphqlCloseCodes = {
  unknownSubprotocol: 4406,
  idInUse: 4409,
  initiatedTwice: 4429,
} as const
