import { z } from 'zod'
import { type ServerFrame, serverFrameSchemas } from './server-frames.ts'

/** A frame of a later edition. A client ignores it, and where it has a position still moves over it. */
export interface UnknownFrame {
  readonly type: 'Unknown'
  /** The type that it came under. */
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
 * Reads one text frame of the server. A frame of an unknown type, and one whose fields are not those of this edition, is
 * answered as `Unknown`; fields that this edition does not know are left out. Throws a `TypeError` for what is no frame at
 * all.
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
