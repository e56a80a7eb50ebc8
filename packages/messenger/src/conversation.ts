import type { ConversationId, UserId } from './ids.ts'
import type { Instant } from './instant.ts'
import type { Json } from './json.ts'
import type { Role } from './membership.ts'

export type ConversationKind = 'DIRECT' | 'GROUP' | 'CHANNEL'
export type HistoryVisibility = 'NONE' | 'MODERATORS' | 'MEMBERS'

export interface ConversationSettings {
  readonly historyVisibility: HistoryVisibility
  /** How long after sending an author may still edit; null: for ever. */
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

/** Both sides of a DIRECT conversation post, at any time: neither has a role above the other's. */
export const hasPostingRules = ({ slowModeSeconds, postingRole }: ConversationSettings): boolean =>
  slowModeSeconds !== null || postingRole !== 'MEMBER'

/** The settings that hold in a conversation of this kind; earlier versions let a DIRECT one have posting rules. */
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
  /** The two users of a DIRECT conversation, in one text; unique on the server. */
  readonly directPair: string | null
  /** When it was deleted for everybody; its id and its last event are all that is left then. */
  readonly deletedAt: Instant | null
}

/** What is left of a deleted conversation. */
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

/** The same text for the same two users, whoever comes first. User ids hold no space, so no two pairs share a text. */
export const directPairOf = (one: UserId, other: UserId): string =>
  one < other ? `${one} ${other}` : `${other} ${one}`
