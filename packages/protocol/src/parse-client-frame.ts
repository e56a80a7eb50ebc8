import type { z } from 'zod'
import {
  type ClientFrame,
  type ClientFrameInput,
  type ClientFrameType,
  clientFrameSchemas,
  frameIdSchema,
} from './client-frames.ts'
import { type ClientFrameNotImplemented, clientFramesNotImplemented } from './not-implemented.ts'
import { readPositions } from './read-positions.ts'

/** Not JSON, not an object, or of no known type: the connection is closed with 4400. */
export interface MalformedFrame {
  readonly fault: 'malformed'
  /** The reason, short enough for a close frame. */
  readonly message: string
}

/** A known type with an invalid field, or a type that is not implemented: answered by an `Error` BAD_USER_INPUT. */
export interface RefusedFrame {
  readonly fault: 'refused'
  readonly type: ClientFrameType | ClientFrameNotImplemented
  /** The frame's `id`, if it is valid. */
  readonly id: string | undefined
  /** The field that is invalid. */
  readonly field: string
  readonly message: string
}

/** Why a text is not a frame that the server can handle. */
export type FrameFault = MalformedFrame | RefusedFrame

const schemas = new Map<string, z.ZodType<ClientFrame>>(Object.entries(clientFrameSchemas))
const notImplemented = new Map<string, ClientFrameNotImplemented>(clientFramesNotImplemented.map(type => [type, type]))

const malformed = (message: string): MalformedFrame => ({ fault: 'malformed', message })

/** Parses one text frame of a client. Never throws. Unknown fields are ignored. */
export const parseClientFrame = (text: string): ClientFrame | FrameFault => {
  const frame = parseObject(text)
  if (frame === undefined) return malformed('A frame must be one JSON object.')
  const type: unknown = frame.type
  if (typeof type !== 'string') return malformed('A frame must have a type.')
  const id = frameIdSchema.safeParse(frame.id).data
  const later = notImplemented.get(type)
  if (later !== undefined)
    return { fault: 'refused', type: later, id, field: 'type', message: `${later} is not implemented yet.` }
  const schema = schemas.get(type)
  if (schema === undefined) return malformed(unknownType(type))
  if (type === 'SubscribeInbox' && isObject(frame.after)) return parseInbox(frame, frame.after, id)
  const { data, error } = schema.safeParse(frame)
  if (data !== undefined) return data
  return refused(type as ClientFrameType, id, { frame, error })
}

const shownTypeLength = 40

/** The message fits into a close frame for any input. */
const unknownType = (type: string): string =>
  /^\w+$/.test(type) && type.length <= shownTypeLength ? `Unknown frame type "${type}".` : 'Unknown frame type.'

interface Faulty {
  readonly frame: object
  readonly error: z.ZodError | undefined
}

const refused = (type: ClientFrameType, id: string | undefined, { frame, error }: Faulty): RefusedFrame => {
  const [issue] = error?.issues ?? []
  const field = String(issue?.path[0] ?? 'type')
  const message = field in frame ? `\`${field}\`: ${issue?.message}.` : `\`${field}\` is required.`
  return { fault: 'refused', type, id, field, message }
}

/** Its positions are parsed separately. */
const parseInbox = (frame: object, entries: object, id: string | undefined): ClientFrame | RefusedFrame => {
  const type = 'SubscribeInbox'
  const after = readPositions(entries)
  if (after === undefined)
    return { fault: 'refused', type, id, field: 'after', message: 'after: a value is not a valid position.' }
  const { data, error } = clientFrameSchemas[type].safeParse({ ...frame, after: undefined })
  return data === undefined ? refused(type, id, { frame, error }) : { ...data, after }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const parseObject = (text: string): { readonly [key: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return value as { readonly [key: string]: unknown }
  } catch {
    return undefined
  }
}

/** The text of a client frame. */
export const encodeClientFrame = (frame: ClientFrame | ClientFrameInput): string =>
  JSON.stringify(frame, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value))
