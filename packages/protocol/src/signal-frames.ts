import { z } from 'zod'
import { conversationId, instant, messageId, place, userId } from './scalars.ts'

/** Names that the domain's `presenceStatuses` has: a test compares the two. */
const statuses = ['ONLINE', 'AWAY', 'DO_NOT_DISTURB', 'OFFLINE'] as const

/** As the domain's `presenceChoices`. */
const choices = ['AUTOMATIC', 'AWAY', 'DO_NOT_DISTURB', 'INVISIBLE'] as const

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
  ViewerChanged: z
    .object({
      type: z.literal('ViewerChanged'),
      presenceChoice: z.enum(choices),
      statusText: z.string().nullable(),
      statusExpiresAt: instant.nullable(),
    })
    .describe("The user's own profile, presence choice or status changed, on this device or another one."),
  ViewerConversationChanged: z
    .object({ type: z.literal('ViewerConversationChanged'), conversationId })
    .describe('Something private of a conversation changed: counts, markers or settings. Query it.'),
  ViewerThreadChanged: z
    .object({
      type: z.literal('ViewerThreadChanged'),
      conversationId,
      rootMessageId: messageId.describe('The root of the thread.'),
    })
    .describe('Something private of a thread changed: whether the user follows it, or what is unread. Query it.'),
  UserChanged: z
    .object({ type: z.literal('UserChanged'), userId, displayName: z.string(), avatarUrl: z.string().nullable() })
    .describe('The profile of a user who shares a conversation with the user changed.'),
} as const

type SignalFrameSchemas = typeof signalFrameSchemas
export type SignalFrameType = keyof SignalFrameSchemas

/** A signal on the wire. */
export type SignalFrame = { [Type in SignalFrameType]: z.infer<SignalFrameSchemas[Type]> }[SignalFrameType]
