import { frameBytes } from '@cpc-messenger/protocol'
import type { ClientMessage } from './client-message.ts'

const isPosition = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'conversationId' in value && 'sequence' in value

/** Whether a list looks like positions, by its first and its last item. Its items are validated later. */
const isPositions = (value: unknown): boolean =>
  Array.isArray(value) && isPosition(value[0]) && isPosition(value.at(-1))

/** Whether a frame may exceed `frameBytes`: a `connection_init` may, and a `subscribe` that is large because of its positions. */
export const mayBeLarge = (message: ClientMessage): boolean => {
  if (message.type === 'connection_init') return true
  if (message.type !== 'subscribe') return false
  const { query, operationName, variables = {} } = message.payload
  const others = Object.entries(variables).filter(([, value]) => !isPositions(value))
  if (others.length === Object.keys(variables).length) return false
  return Buffer.byteLength(JSON.stringify([query, operationName, others])) <= frameBytes
}

const authorization = /"authorization"\s*:\s*("(?:[^"\\]|\\.){1,9000}")/i

/** The token of a large `connection_init`, found without parsing it as JSON, which is done for authenticated clients only. */
export const authorizationIn = (text: string): string | undefined => {
  const [, literal] = authorization.exec(text) ?? []
  if (literal === undefined) return undefined
  try {
    return String(JSON.parse(literal))
  } catch {
    return undefined
  }
}
