import {
  type Conversation,
  type ConversationKind,
  type ConversationSettings,
  roles,
  settingsInForce,
} from '@cpc-messenger/messenger'
import { conversationId, count, instant, json, jsonText, nullable, oneOf, sequence, text } from '../definition/codec.ts'
import { folded } from '../definition/folded.ts'
import { hasShape, isNumber, isOneOf, orNull } from '../definition/shape.ts'
import { defineTable, greatest, kept, key } from '../definition/table.ts'

/**
 * Conversations are indexed by the minute of their last activity, so that most messages do not change the index. In PostgreSQL a row
 * whose indexed columns do not change is updated without touching any index.
 */
export const activitySlotMs = 60_000

export const activitySlotOf = (lastActivityAt: number): number => Math.floor(lastActivityAt / activitySlotMs)

export const conversationKinds = ['DIRECT', 'GROUP', 'CHANNEL'] as const satisfies readonly ConversationKind[]

const isSettings = hasShape<ConversationSettings>({
  historyVisibility: isOneOf<ConversationSettings['historyVisibility']>(['NONE', 'MODERATORS', 'MEMBERS']),
  editWindowSeconds: orNull(isNumber),
  slowModeSeconds: orNull(isNumber),
  postingRole: isOneOf(roles),
})

const parseSettings = (stored: string): ConversationSettings => {
  const settings: unknown = JSON.parse(stored)
  if (isSettings(settings)) return settings
  throw new TypeError('not the settings of a conversation')
}

/** A conversation, and the number of the commit that last appended to its log: 0 if the log does not grow. */
export type ConversationInput = Conversation & { readonly lastCommit: number }

export const conversations = defineTable<Conversation, ConversationInput>()('conversations', {
  fields: {
    id: key(conversationId),
    kind: kept(oneOf(conversationKinds)),
    name: nullable(text),
    topic: nullable(text),
    createdAt: instant,
    updatedAt: instant,
    lastActivityAt: instant,
    key: nullable(text),
    metadata: json,
    settings: jsonText(isSettings, parseSettings),
    lastSequence: sequence,
    memberCount: count,
    messageCount: count,
    directPair: kept(nullable(text)),
    deletedAt: nullable(instant),
    historyGeneration: count,
  },
  added: {
    foldedName: { of: ({ name }) => folded(name ?? '') },
    lastCommit: greatest({ of: ({ lastCommit }) => lastCommit }),
    /** 1 once it is deleted and its rows are erased. */
    purged: kept({ of: () => 0 }),
    /** The revisions of all generations before this one are erased: their rows do not exist. */
    erasedGeneration: kept({ of: () => 0 }),
    activeSlot: { of: ({ lastActivityAt }) => activitySlotOf(lastActivityAt) },
  },
  complete: conversation => {
    const settings = settingsInForce(conversation.kind, conversation.settings)
    return settings === conversation.settings ? conversation : { ...conversation, settings }
  },
})
