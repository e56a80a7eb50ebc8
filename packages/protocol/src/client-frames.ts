import { z } from 'zod'
import { anyIdLength, frameIdLength, presenceUsers } from './limits.ts'
import { place } from './scalars.ts'

/** Null and absent have the same meaning. */
const orNothing = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform(value => value ?? undefined)

export const frameIdSchema = z
  .string()
  .min(1)
  .max(frameIdLength)
  .describe('Chosen by the client; the answer to the frame has the same id.')

const frameShape = { id: orNothing(frameIdSchema) }

const anyId = z.string().min(1).max(anyIdLength)
const after = orNothing(place).describe(
  'The last sequence that the client has: replay what follows it. Absent: from now.',
)
const epoch = orNothing(z.string().max(256)).describe('The epoch that the position was read in.')
const positions = z
  .record(anyId, place)
  .transform(entries => new Map(Object.entries(entries)))
  .describe('The last sequence that the client has, for each conversation that it knows.')

const signalKinds = ['TYPING', 'READ_MARKERS', 'PRESENCE'] as const

/** The domain's `presenceChoices`: a test compares the two. */
export const presenceChoices = ['AUTOMATIC', 'AWAY', 'DO_NOT_DISTURB', 'INVISIBLE'] as const
const markedThread = orNothing(anyId).describe('The root of the thread that was read; absent: the conversation itself.')

/** One schema for each client frame that is served. Unknown fields are ignored. */
export const clientFrameSchemas = {
  Authenticate: z
    .object({
      type: z.literal('Authenticate'),
      ...frameShape,
      token: z.string().min(1),
      onBehalfOf: orNothing(z.string().max(256)).describe('With a service token: the user to act as.'),
    })
    .describe('The first frame, within 10 s; later a new token for the same user, before the old one expires.'),
  Subscribe: z
    .object({ type: z.literal('Subscribe'), ...frameShape, conversationId: anyId, after, epoch })
    .describe("The events of one conversation. A second Subscribe moves the conversation's cursor."),
  SubscribeInbox: z
    .object({
      type: z.literal('SubscribeInbox'),
      ...frameShape,
      from: orNothing(z.string().min(1).max(4096)).describe("A StreamPosition's position, or GraphQL's inboxPosition."),
      after: orNothing(positions),
      epoch,
    })
    .describe("The events of all of the user's conversations, those joined later included. This frame may have 1 MiB."),
  SubscribeReactions: z
    .object({ type: z.literal('SubscribeReactions'), ...frameShape, messageId: anyId, after, epoch })
    .describe('The reactions to one message.'),
  SubscribeSignals: z
    .object({
      type: z.literal('SubscribeSignals'),
      ...frameShape,
      conversationId: anyId,
      kinds: orNothing(z.array(z.enum(signalKinds)).max(signalKinds.length)).describe('Absent: all kinds.'),
    })
    .describe('The signals of one conversation; the present state comes first. A second one replaces the first.'),
  SubscribeViewerSignals: z
    .object({ type: z.literal('SubscribeViewerSignals'), ...frameShape })
    .describe('What is private to the user, over all conversations and devices, and the profiles of others.'),
  SubscribePresence: z
    .object({
      type: z.literal('SubscribePresence'),
      ...frameShape,
      userIds: z.array(anyId).max(presenceUsers),
    })
    .describe('The presence of these users; the present state comes first. A second one replaces the first.'),
  SetTyping: z
    .object({
      type: z.literal('SetTyping'),
      ...frameShape,
      conversationId: anyId,
      threadRootId: orNothing(anyId).describe('The thread in which the user types; absent: the conversation itself.'),
      typing: z.boolean(),
    })
    .describe('Whether the user types. Repeat it every 3 s while they do: it expires after 6 s.'),
  SetPresence: z
    .object({
      type: z.literal('SetPresence'),
      ...frameShape,
      status: z.enum(presenceChoices),
      statusText: z.string().nullish().describe('One line of 1 to 100 characters. Absent: unchanged; null: none.'),
      statusExpiresAt: z.iso
        .datetime({ offset: true })
        .nullish()
        .describe('When the text is removed. Absent: unchanged, or none for a new text; null: none.'),
    })
    .describe('What others see of the user, on all devices.'),
  SetActive: z
    .object({ type: z.literal('SetActive'), ...frameShape, active: z.boolean() })
    .describe("Whether the user is active on this connection's device. A new connection is active."),
  MarkRead: z
    .object({
      type: z.literal('MarkRead'),
      ...frameShape,
      conversationId: anyId,
      threadRootId: markedThread,
      sequence: place,
    })
    .describe("Moves the user's read marker forward, and delivers too. It ends what markUnread began."),
  MarkDelivered: z
    .object({ type: z.literal('MarkDelivered'), ...frameShape, conversationId: anyId, sequence: place })
    .describe("Moves the user's delivered marker forward."),
  Unsubscribe: z
    .object({ type: z.literal('Unsubscribe'), ...frameShape, conversationId: anyId })
    .describe('Ends a Subscribe.'),
  UnsubscribeInbox: z.object({ type: z.literal('UnsubscribeInbox'), ...frameShape }).describe('Ends a SubscribeInbox.'),
  SubscribeThread: z
    .object({ type: z.literal('SubscribeThread'), ...frameShape, rootMessageId: anyId, after, epoch })
    .describe('One thread: the events of its root and of every reply.'),
  UnsubscribeThread: z
    .object({ type: z.literal('UnsubscribeThread'), ...frameShape, rootMessageId: anyId })
    .describe('Ends a SubscribeThread.'),
  UnsubscribeReactions: z
    .object({ type: z.literal('UnsubscribeReactions'), ...frameShape, messageId: anyId })
    .describe('Ends a SubscribeReactions.'),
  UnsubscribeSignals: z
    .object({ type: z.literal('UnsubscribeSignals'), ...frameShape, conversationId: anyId })
    .describe('Ends a SubscribeSignals.'),
  UnsubscribeViewerSignals: z
    .object({ type: z.literal('UnsubscribeViewerSignals'), ...frameShape })
    .describe('Ends a SubscribeViewerSignals.'),
  UnsubscribePresence: z
    .object({ type: z.literal('UnsubscribePresence'), ...frameShape })
    .describe('Ends a SubscribePresence.'),
} as const

type ClientFrameSchemas = typeof clientFrameSchemas
export type ClientFrameType = keyof ClientFrameSchemas

/** A client frame as parsed: absent and null fields are `undefined`. */
export type ClientFrame = { [Type in ClientFrameType]: z.infer<ClientFrameSchemas[Type]> }[ClientFrameType]
export type ClientFrameOf<Type extends ClientFrameType> = z.infer<ClientFrameSchemas[Type]>

/** A client frame as it is written: optional fields may be left out. */
export type ClientFrameInput = { [Type in ClientFrameType]: z.input<ClientFrameSchemas[Type]> }[ClientFrameType]
