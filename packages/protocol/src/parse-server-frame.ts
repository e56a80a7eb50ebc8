import { z } from 'zod'
import { type ServerFrame, serverFrameSchemas } from './server-frames.ts'

/** A frame of a later version. A client ignores its content, but still moves its position past it. */
export interface UnknownFrame {
  readonly type: 'Unknown'
  /** Its type. */
  readonly name: string
  readonly conversationId: string | undefined
  readonly sequence: number | undefined
}

const schemas = new Map<string, z.ZodType<ServerFrame>>(Object.entries(serverFrameSchemas))

const anyFrame = z.object({
  type: z.string(),
  conversationId: z.string().optional().catch(undefined),
  sequence: z.int().optional().catch(undefined),
})

/**
 * Parses one text frame of the server. A frame of an unknown type, or with fields that do not fit this version, is
 * returned as `Unknown`; unknown fields are left out. Throws a `TypeError` if the text is not a frame.
 */
export const parseServerFrame = (text: string): ServerFrame | UnknownFrame => {
  const value = parseJson(text)
  const { data: frame } = anyFrame.safeParse(value)
  if (frame === undefined) throw new TypeError('not a frame of messenger.v1')
  const known = schemas.get(frame.type)?.safeParse(value).data
  return known ?? { type: 'Unknown', name: frame.type, conversationId: frame.conversationId, sequence: frame.sequence }
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TypeError('not JSON', { cause })
  }
}
