import {
  badInput,
  type ConversationId,
  maxSequence,
  parseConversationId,
  unauthenticated,
} from '@cpc-messenger/messenger'
import { bearerToken } from '../../http/bearer-token.ts'
import type { ResumePoint } from '../operations/caller.ts'

interface ConnectionInit {
  readonly token: string
  readonly onBehalfOf: string | undefined
  readonly resume: ResumePoint
}

type Payload = Readonly<Record<string, unknown>>

const optionalText = (payload: Payload, field: string): string | undefined => {
  const value = payload[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw badInput(field, `${field} is not a text.`)
  return value
}

const positionsOf = (positions: unknown): ReadonlyMap<ConversationId, number> => {
  if (positions === undefined || positions === null) return new Map()
  if (typeof positions !== 'object') throw badInput('positions', 'positions is not an object.')
  return new Map(
    Object.entries(positions).map(([idText, sequence]) => {
      const id = parseConversationId(idText)
      if (id === undefined) throw badInput('positions', 'positions contains a key that is not a conversation id.')
      if (!Number.isInteger(sequence) || sequence < 0 || sequence > maxSequence)
        throw badInput('positions', `A position must be an integer from 0 to ${maxSequence}.`)
      return [id, Number(sequence)]
    }),
  )
}

/** The name may be in lower case, or capitalized as a header. */
const authorizationOf = (payload: Payload): string | undefined =>
  optionalText(payload, 'authorization') ?? optionalText(payload, 'Authorization')

/** Throws BAD_USER_INPUT for a payload of another form, and UNAUTHENTICATED without a token. */
export const parseConnectionInit = (payload: Payload, authorizationHeader: string | undefined): ConnectionInit => {
  const token = bearerToken(authorizationOf(payload) ?? authorizationHeader)
  if (token === undefined) throw unauthenticated('No token came with connection_init.')
  return {
    token,
    onBehalfOf: optionalText(payload, 'onBehalfOf'),
    resume: {
      epoch: optionalText(payload, 'epoch'),
      from: optionalText(payload, 'from'),
      positions: positionsOf(payload.positions),
    },
  }
}
