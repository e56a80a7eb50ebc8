import { frameBytes } from '@cpc-messenger/protocol'
import type { ClientMessage } from './client-message.ts'

const isPosition = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'conversationId' in value && 'sequence' in value

/** A list that holds nothing but positions, by the form of its first and its last item; what it really holds is read later. */
const isPositions = (value: unknown): boolean =>
  Array.isArray(value) && isPosition(value[0]) && isPosition(value.at(-1))

/**
 * Whether a frame of more than `frameBytes` may be so large: `connection_init` may, and a `subscribe` whose lists of
 * positions are what makes it large.
 */
export const mayBeLarge = (message: ClientMessage): boolean => {
  if (message.type === 'connection_init') return true
  if (message.type !== 'subscribe') return false
  const { query, operationName, variables = {} } = message.payload
  const others = Object.entries(variables).filter(([, value]) => !isPositions(value))
  if (others.length === Object.keys(variables).length) return false
  return Buffer.byteLength(JSON.stringify([query, operationName, others])) <= frameBytes
}

const authorization = /"authorization"\s*:\s*("(?:[^"\\]|\\.){1,9000}")/i

/**
 * What a large `connection_init` has as its token, found without reading all of it as JSON: nobody may have that done who
 * is not known.
 */
export const authorizationIn = (text: string): string | undefined => {
  const [, literal] = authorization.exec(text) ?? []
  if (literal === undefined) return undefined
  try {
    return String(JSON.parse(literal))
  } catch {
    return undefined
  }
}
