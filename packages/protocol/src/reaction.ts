import type { Instant, MessageId, UserId } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { instant, messageId, userId, wireInstant } from './scalars.ts'

export const reactionSchema = z
  .object({
    messageId,
    emoji: z.string().describe('One emoji of Unicode.'),
    userId: userId.describe('The user who reacted.'),
    createdAt: instant.describe('When the user reacted, also for a removed reaction.'),
  })
  .describe("One user's reaction: at most one exists for each message, user and emoji.")

/** A reaction on the wire. */
export type WireReaction = z.infer<typeof reactionSchema>

/** The fields of a reaction that an event in the log keeps. */
export interface LoggedReaction {
  readonly messageId: MessageId
  readonly emoji: string
  readonly userId: UserId
  readonly reactedAt: Instant
}

/** The wire form of a reaction from its event in the log. */
export const toWireReaction = ({ messageId, emoji, userId, reactedAt }: LoggedReaction): WireReaction => ({
  messageId,
  emoji,
  userId,
  createdAt: wireInstant(reactedAt),
})
