import type { EventType, RefusalDetails } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { frameIdSchema } from './client-frames.ts'
import { wireErrorCodes } from './error-codes.ts'
import { type EventFrame, eventFrameSchemas } from './event-frames.ts'
import { conversationId, epoch, instant, messageId, place, userId } from './scalars.ts'
import { type SignalFrame, type SignalFrameType, signalFrameSchemas } from './signal-frames.ts'

const answerShape = { id: frameIdSchema.optional() }
const ofPart = {
  messageId: messageId.optional().describe('Set for a SubscribeReactions.'),
  rootMessageId: messageId.optional().describe('Set for a SubscribeThread.'),
}

const detailsSchema = z.object({
  field: z.string().optional().describe('The invalid field.'),
  currentVersion: z.int().optional(),
  retryAfterMs: z.int().optional().describe('How long to wait, in milliseconds.'),
  conversationIds: z.array(z.string()).optional().describe('The conversations whose positions were invalid.'),
  errorId: z.string().optional().describe('For an error of the server: its id in the log of the server.'),
})

/** The details of an `Error`: those of a refusal, and the id of an error in the server's log. */
export type ErrorDetails = RefusalDetails & { readonly errorId?: string }

/** One schema for each frame of the server that is neither an event nor a signal. */
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
    .describe('The connection is authenticated. Only an Error can precede this frame.'),
  Subscribed: z
    .object({ type: z.literal('Subscribed'), ...answerShape, conversationId, ...ofPart, sequence: place })
    .describe('The current head: events up to it are replayed first, later ones are live.'),
  InboxSubscribed: z
    .object({ type: z.literal('InboxSubscribed'), ...answerShape, conversations: z.int().min(0) })
    .describe('The inbox subscription is active, over this number of conversations.'),
  StreamPosition: z
    .object({
      type: z.literal('StreamPosition'),
      conversationId: conversationId.nullable().describe('Null for the inbox.'),
      ...ofPart,
      epoch,
      position: z.string().describe('The position that a client keeps for resuming.'),
      sequence: place.describe('0 for the inbox.'),
      live: z.boolean().describe('True once the replay is done.'),
    })
    .describe(
      'The position of a subscription: once when the replay is done, then at most every 10 s while events are sent.',
    ),
  Unsubscribed: z
    .object({
      type: z.literal('Unsubscribed'),
      ...answerShape,
      conversationId: z.string().describe('The id of the conversation, as the client sent it.'),
      ...ofPart,
      signals: z.literal(true).optional().describe('Set for a SubscribeSignals.'),
      reason: z
        .enum(['CLIENT', 'LEFT'])
        .describe('Why: the client unsubscribed, the user is no longer a member, or the conversation was deleted.'),
    })
    .describe('The subscription has ended; no further events follow.'),
  TokenExpiring: z
    .object({ type: z.literal('TokenExpiring'), expiresAt: instant })
    .describe('The token expires within 60 s: the client should send a new Authenticate. Sent once for each token.'),
  Ok: z
    .object({ type: z.literal('Ok'), id: frameIdSchema })
    .describe('Acknowledges a client frame that has an id and no other answer.'),
  Error: z
    .object({
      type: z.literal('Error'),
      id: frameIdSchema.nullable().describe('The id of the client frame, if it had one.'),
      code: z.enum(wireErrorCodes),
      message: z.string().describe('A sentence for developers, in English.'),
      details: detailsSchema,
    })
    .describe('The client frame was rejected; the connection stays open.'),
} as const

/** One schema for each frame that the server sends. */
export const serverFrameSchemas = { ...controlFrameSchemas, ...eventFrameSchemas, ...signalFrameSchemas } as const

type ControlFrameSchemas = typeof controlFrameSchemas
export type ControlFrameType = keyof ControlFrameSchemas
export type ServerFrameType = ControlFrameType | EventType | SignalFrameType

/** A frame of the server that is neither an event nor a signal. */
export type ControlFrame = { [Type in ControlFrameType]: z.infer<ControlFrameSchemas[Type]> }[ControlFrameType]
export type ControlFrameOf<Type extends ControlFrameType> = z.infer<ControlFrameSchemas[Type]>

/** Any frame of the server. */
export type ServerFrame = ControlFrame | EventFrame | SignalFrame

/** The text of a server frame. */
export const encodeServerFrame = (frame: ServerFrame): string => JSON.stringify(frame)
