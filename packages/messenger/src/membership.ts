import type { ConversationId, MembershipId, UserId } from './ids.ts'
import type { Instant } from './values/instant.ts'

/** In ascending order: each role may do everything that the previous one may. */
export const roles = ['MEMBER', 'MODERATOR', 'ADMIN', 'OWNER'] as const
export type Role = (typeof roles)[number]

/** One user in one conversation. The row is kept when the user leaves, and used again when the user joins again. */
export interface Membership {
  readonly id: MembershipId
  readonly conversationId: ConversationId
  readonly userId: UserId
  readonly role: Role
  readonly joinedAt: Instant
  /** The sequence of the first MemberJoined of this user. */
  readonly firstJoinedSequence: number
  /** The sequence of the latest one. */
  readonly joinedSequence: number
  /** The sequence of the event that ended it; null while it is active. */
  readonly leftSequence: number | null
  readonly silencedUntil: Instant | null
  /** When the user last posted; kept only while the conversation is in slow mode. */
  readonly lastPostedAt: Instant | null
  /** How it ended; null while it is active, and if it ended because the conversation was deleted. */
  readonly leaveReason: LeaveReason | null
}

export type LeaveReason = 'LEFT' | 'REMOVED' | 'BANNED'

export const isActive = (membership: Membership): boolean => membership.leftSequence === null

export const isAtLeast = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least)

export const isAbove = (role: Role, other: Role): boolean => roles.indexOf(role) > roles.indexOf(other)
