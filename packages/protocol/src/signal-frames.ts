import { z } from 'zod'
import { conversationId, instant, messageId, place, userId } from './scalars.ts'

/** Names that the domain's `presenceStatuses` has: a test compares the two. */
const statuses = ['ONLINE', 'AWAY', 'DO_NOT_DISTURB', 'OFFLINE'] as const

const typing = <Type extends string>(type: Type) =>
  z.object({
    type: z.literal(type),
    conversationId,
    threadRootId: messageId.nullable().describe('The thread in which the user types; null: the conversation itself.'),
    userId,
  })

/** One schema for each signal: a late one replaces an earlier one, and a slow client may miss those between. */
export const signalFrameSchemas = {
  TypingStarted: typing('TypingStarted').describe('A user began to type.'),
  TypingStopped: typing('TypingStopped').describe(
    'A user no longer types. A message that the user sends there says the same.',
  ),
  PresenceChanged: z
    .object({
      type: z.literal('PresenceChanged'),
      userId,
      status: z.enum(statuses).describe('An invisible user is OFFLINE.'),
      statusText: z.string().nullable(),
      statusExpiresAt: instant.nullable().describe('When the text is removed by itself; null: when it is changed.'),
      lastSeenAt: instant.nullable().describe('When the user was last visibly connected; null while they are.'),
    })
    .describe("A user's presence changed."),
  ReadMarkerMoved: z
    .object({
      type: z.literal('ReadMarkerMoved'),
      conversationId,
      userId,
      readSequence: place,
      deliveredSequence: place,
    })
    .describe("A member's read or delivered marker moved; sent in conversations of up to 100 members."),
} as const

type SignalFrameSchemas = typeof signalFrameSchemas
export type SignalFrameType = keyof SignalFrameSchemas

/** A signal on the wire. */
export type SignalFrame = { [Type in SignalFrameType]: z.infer<SignalFrameSchemas[Type]> }[SignalFrameType]
