import type { ConversationId, UserId } from './ids.ts'
import type { Role } from './membership.ts'
import type { Instant } from './values/instant.ts'
import type { Json } from './values/json.ts'

export type ConversationKind = 'DIRECT' | 'GROUP' | 'CHANNEL'
export type HistoryVisibility = 'NONE' | 'MODERATORS' | 'MEMBERS'

export interface ConversationSettings {
  readonly historyVisibility: HistoryVisibility
  /** Seconds after sending in which the author may edit; null: no limit. */
  readonly editWindowSeconds: number | null
  /** The least time between two messages of one MEMBER; null: no limit. */
  readonly slowModeSeconds: number | null
  /** The lowest role that may post. */
  readonly postingRole: Role
}

export const defaultSettings: ConversationSettings = {
  historyVisibility: 'MODERATORS',
  editWindowSeconds: null,
  slowModeSeconds: null,
  postingRole: 'MEMBER',
}

/** Both members of a DIRECT conversation may post at any time: neither has a higher role. */
export const hasPostingRules = ({ slowModeSeconds, postingRole }: ConversationSettings): boolean =>
  slowModeSeconds !== null || postingRole !== 'MEMBER'

/** The settings that apply to a conversation of this kind; earlier versions accepted posting rules for DIRECT ones. */
export const settingsInForce = (kind: ConversationKind, stored: ConversationSettings): ConversationSettings =>
  kind === 'DIRECT' && hasPostingRules(stored) ? { ...stored, slowModeSeconds: null, postingRole: 'MEMBER' } : stored

export interface Conversation {
  readonly id: ConversationId
  readonly kind: ConversationKind
  readonly name: string | null
  readonly topic: string | null
  readonly createdAt: Instant
  /** When its name, topic or settings last changed. */
  readonly updatedAt: Instant
  /** When the last message of its timeline was sent, else when it was created. */
  readonly lastActivityAt: Instant
  /** The integrator's own name for it, unique on the server. */
  readonly key: string | null
  readonly metadata: Json
  readonly settings: ConversationSettings
  /** The sequence of the newest event of its log; 0 while it is empty. */
  readonly lastSequence: number
  readonly memberCount: number
  /** Messages that users have sent to its timeline, deleted ones included. */
  readonly messageCount: number
  /** The two users of a DIRECT conversation, in one text; unique on the server. */
  readonly directPair: string | null
  /** When it was deleted for all members; only its id, ended memberships and last event are kept then. */
  readonly deletedAt: Instant | null
  /**
   * How often its history was erased: each change of `historyVisibility` to NONE adds 1. Stored revisions of an earlier
   * generation are erased, whether or not their rows still exist.
   */
  readonly historyGeneration: number
}

/** The conversation with other settings. A change of `historyVisibility` to NONE erases its history. */
export const withSettings = (conversation: Conversation, changed: Partial<ConversationSettings>): Conversation => {
  const settings = { ...conversation.settings, ...changed }
  const erases = settings.historyVisibility === 'NONE' && conversation.settings.historyVisibility !== 'NONE'
  return { ...conversation, settings, historyGeneration: conversation.historyGeneration + (erases ? 1 : 0) }
}

/** A deleted conversation: its row without content. */
export const erased = (conversation: Conversation, at: Instant): Conversation => ({
  ...conversation,
  name: null,
  topic: null,
  key: null,
  metadata: null,
  memberCount: 0,
  deletedAt: at,
  updatedAt: at,
})

/** The highest sequence of a log: 2^31 - 1. */
export const maxSequence = 2_147_483_647

/** The same text for the same two users in either order. User ids contain no space, so different pairs have different texts. */
export const directPairOf = (one: UserId, other: UserId): string =>
  one < other ? `${one} ${other}` : `${other} ${one}`
