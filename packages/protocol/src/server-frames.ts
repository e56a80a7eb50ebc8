import type { EventType, RefusalDetails } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { frameIdSchema } from './client-frames.ts'
import { errorCodes } from './error-codes.ts'
import { type EventFrame, eventFrameSchemas } from './event-frames.ts'
import { conversationId, epoch, instant, messageId, place, userId } from './scalars.ts'

const answerShape = { id: frameIdSchema.optional() }
const ofReactions = { messageId: messageId.optional().describe('Set where it is of a SubscribeReactions.') }

const detailsSchema = z.object({
  field: z.string().optional().describe('The field that is at fault.'),
  currentVersion: z.int().optional(),
  retryAfterMs: z.int().optional().describe('How long to wait, in milliseconds.'),
  conversationIds: z.array(z.string()).optional().describe('The conversations whose positions were bad.'),
  errorId: z.string().optional().describe('Of a fault of the server: what its log has it under.'),
})

/** What an `Error` says beside its code: as a refusal has it, and the id of a logged fault. */
export type ErrorDetails = RefusalDetails & { readonly errorId?: string }

/** One schema for each frame of the server that is no event. */
export const controlFrameSchemas = {
  Connected: z
    .object({
      type: z.literal('Connected'),
      ...answerShape,
      connectionId: z.string(),
      userId,
      epoch,
      serverTime: instant,
      tokenExpiresAt: instant,
      heartbeatSeconds: z.number().describe('The time between two pings, in seconds.'),
    })
    .describe('The connection is authenticated. Nothing but an Error comes before it.'),
  Subscribed: z
    .object({ type: z.literal('Subscribed'), ...answerShape, conversationId, ...ofReactions, sequence: place })
    .describe('The newest event at this moment: replayed ones up to it come next, live ones after it.'),
  InboxSubscribed: z
    .object({ type: z.literal('InboxSubscribed'), ...answerShape, conversations: z.int().min(0) })
    .describe('The inbox stands, over this number of conversations.'),
  StreamPosition: z
    .object({
      type: z.literal('StreamPosition'),
      conversationId: conversationId.nullable().describe('Null for the inbox.'),
      ...ofReactions,
      epoch,
      position: z.string().describe('What a client keeps to come back with.'),
      sequence: place.describe('0 for the inbox.'),
      live: z.boolean().describe('True from the moment at which the replay is done.'),
    })
    .describe('Where a subscription stands: once when the replay is done, then at most every 10 s while events flow.'),
  Unsubscribed: z
    .object({
      type: z.literal('Unsubscribed'),
      ...answerShape,
      conversationId: z.string().describe('The id of the conversation, as the client gave it where it asked.'),
      ...ofReactions,
      reason: z.enum(['CLIENT', 'LEFT']).describe('The client asked for it; the user is out, or it was deleted.'),
    })
    .describe('No event of it follows.'),
  TokenExpiring: z
    .object({ type: z.literal('TokenExpiring'), expiresAt: instant })
    .describe('The token runs out within 60 s: time for a fresh Authenticate. Once for each token.'),
  Ok: z
    .object({ type: z.literal('Ok'), id: frameIdSchema })
    .describe('A client frame with an id, which has no answer of its own, was carried out.'),
  Error: z
    .object({
      type: z.literal('Error'),
      id: frameIdSchema.nullable().describe('That of the frame, where it had one.'),
      code: z.enum(errorCodes),
      message: z.string().describe('A sentence for developers, in English.'),
      details: detailsSchema,
    })
    .describe('That frame was refused; the connection stays.'),
} as const

/** One schema for each frame that the server sends. */
export const serverFrameSchemas = { ...controlFrameSchemas, ...eventFrameSchemas } as const

type ControlFrameSchemas = typeof controlFrameSchemas
export type ControlFrameType = keyof ControlFrameSchemas
export type ServerFrameType = ControlFrameType | EventType

/** A frame of the server that is no event. */
export type ControlFrame = { [Type in ControlFrameType]: z.infer<ControlFrameSchemas[Type]> }[ControlFrameType]
export type ControlFrameOf<Type extends ControlFrameType> = z.infer<ControlFrameSchemas[Type]>

/** Any frame of the server. */
export type ServerFrame = ControlFrame | EventFrame

/** The text of a server frame. */
export const encodeServerFrame = (frame: ServerFrame): string => JSON.stringify(frame)
