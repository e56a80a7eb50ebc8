import type { Conversation } from '@cpc-messenger/messenger'
import { z } from 'zod'
import { roleSchema } from './membership.ts'
import { conversationId, instant, json, place, wireInstant } from './scalars.ts'

const settingsSchema = z.object({
  historyVisibility: z
    .enum(['NONE', 'MODERATORS', 'MEMBERS'])
    .describe('Who may read the earlier revisions of edited and deleted messages.'),
  editWindowSeconds: z
    .int()
    .nullable()
    .describe('How long after sending an author may still edit, in seconds; null: without a limit.'),
  slowModeSeconds: z
    .int()
    .nullable()
    .describe('The minimum time between two messages of one MEMBER, in seconds; null: no limit.'),
  postingRole: roleSchema.describe('The lowest role that may post.'),
})

export const conversationSchema = z
  .object({
    id: conversationId,
    kind: z.enum(['DIRECT', 'GROUP', 'CHANNEL']),
    name: z.string().nullable(),
    topic: z.string().nullable(),
    createdAt: instant,
    updatedAt: instant.describe('When its name, topic or settings last changed.'),
    lastActivityAt: instant.describe(
      'When the last message of its timeline was sent; without messages, when it was created.',
    ),
    key: z.string().nullable().describe("The integrator's own name for it, unique on the server."),
    metadata: json,
    lastSequence: place.describe('The sequence of the newest event of its log.'),
    memberCount: z.int().min(0),
    settings: settingsSchema,
  })
  .describe('A conversation as it is when the event is delivered.')

/** A conversation on the wire: the fields that do not depend on the viewer. */
export type WireConversation = z.infer<typeof conversationSchema>

/** The wire form of a conversation. */
export const toWireConversation = (conversation: Conversation): WireConversation => {
  const { historyVisibility, editWindowSeconds, slowModeSeconds, postingRole } = conversation.settings
  return {
    id: conversation.id,
    kind: conversation.kind,
    name: conversation.name,
    topic: conversation.topic,
    createdAt: wireInstant(conversation.createdAt),
    updatedAt: wireInstant(conversation.updatedAt),
    lastActivityAt: wireInstant(conversation.lastActivityAt),
    key: conversation.key,
    metadata: conversation.metadata,
    lastSequence: conversation.lastSequence,
    memberCount: conversation.memberCount,
    settings: { historyVisibility, editWindowSeconds, slowModeSeconds, postingRole },
  }
}
