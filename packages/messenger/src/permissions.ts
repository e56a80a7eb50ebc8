import type { Conversation } from './conversation.ts'
import type { Instant } from './instant.ts'
import { isAbove, isActive, isAtLeast, type LeaveReason, type Membership, type Role } from './membership.ts'
import type { Message } from './message.ts'
import { editWindowClosed, forbidden, messageDeleted, silenced, slowMode } from './refusal.ts'

/** Members read all of a conversation, of a CHANNEL every user does. */
export const maySee = (conversation: Conversation, membership: Membership | undefined): boolean =>
  conversation.deletedAt === null &&
  (conversation.kind === 'CHANNEL' || (membership !== undefined && isActive(membership)))

const requireRole = (membership: Membership, least: Role, what: string): void => {
  if (!isAtLeast(membership.role, least)) throw forbidden(`The lowest role that may ${what} is ${least}.`)
}

const requireNotDirect = (conversation: Conversation, what: string): void => {
  if (conversation.kind === 'DIRECT')
    throw forbidden(`A DIRECT conversation is of two people for good: nobody may ${what}.`)
}

export const requireMayWrite = (membership: Membership, at: Instant): void => {
  if (membership.silencedUntil !== null && membership.silencedUntil > at) throw silenced(membership.silencedUntil - at)
}

export const requireMayPost = (conversation: Conversation, membership: Membership, at: Instant): void => {
  requireMayWrite(membership, at)
  const { postingRole, slowModeSeconds } = conversation.settings
  requireRole(membership, postingRole, 'post here')
  if (slowModeSeconds === null || membership.role !== 'MEMBER' || membership.lastPostedAt === null) return
  // A post of a time to come was made before the clock was set back.
  const next = membership.lastPostedAt + slowModeSeconds * 1000
  if (next > at && membership.lastPostedAt <= at) throw slowMode(next - at)
}

/** Whoever may not edit a message is not told whether they would have changed it. */
export const requireOwn = (message: Message, membership: Membership): void => {
  if (message.deletedAt !== null) throw messageDeleted()
  if (message.content.kind === 'system') throw forbidden('A message of the server cannot be edited.')
  if (message.authorId !== membership.userId) throw forbidden('Only the author may edit a message.')
}

export const requireMayEdit = (
  message: Message,
  conversation: Conversation,
  membership: Membership,
  at: Instant,
): void => {
  requireMayWrite(membership, at)
  const window = conversation.settings.editWindowSeconds
  if (window !== null && at > message.createdAt + window * 1000) throw editWindowClosed(window)
}

/** What the server wrote is nobody's own: whoever caused it may not take it back. */
export const requireMayDelete = (message: Message, membership: Membership): void => {
  if (message.content.kind === 'system') requireRole(membership, 'MODERATOR', 'delete a message of the server')
  else if (message.authorId !== membership.userId)
    requireRole(membership, 'MODERATOR', "delete somebody else's message")
}

/** Whoever changes name or topic must also be allowed to post at that time: the change is a message in the timeline. */
export const requireMayRename = (conversation: Conversation, membership: Membership): void => {
  requireNotDirect(conversation, 'rename it')
  requireRole(membership, conversation.settings.postingRole, 'post here')
  if (conversation.kind === 'CHANNEL') requireRole(membership, 'MODERATOR', 'change the name or topic of a CHANNEL')
}

export const requireMayConfigure = (conversation: Conversation, membership: Membership): void => {
  if (conversation.kind !== 'DIRECT') requireRole(membership, 'ADMIN', 'change settings or metadata')
}

export const requireMayDeleteConversation = (conversation: Conversation, membership: Membership): void => {
  requireNotDirect(conversation, 'delete it')
  requireRole(membership, 'OWNER', 'delete a conversation')
}

/** Who may end a membership of somebody else, and so undo that it was ended. */
const removingRole: Role = 'MODERATOR'

/** The lowest role that adds somebody again, by how their membership ended. */
const readdingRole: Readonly<Record<LeaveReason, Role>> = {
  LEFT: 'MEMBER',
  REMOVED: removingRole,
  BANNED: removingRole,
}

/** `ended` is how the memberships of those who were here before and are added again ended. */
export const requireMayAdd = (
  conversation: Conversation,
  membership: Membership,
  ended: readonly LeaveReason[],
  at: Instant,
): void => {
  requireNotDirect(conversation, 'add to it')
  if (conversation.kind === 'CHANNEL') requireRole(membership, 'MODERATOR', 'add members to a CHANNEL')
  for (const reason of ended) requireRole(membership, readdingRole[reason], 'add somebody again who was removed')
  requireMayWrite(membership, at)
}

export const requireMayRemove = (conversation: Conversation, membership: Membership, target: Membership): void => {
  requireNotDirect(conversation, 'remove from it')
  requireRole(membership, removingRole, 'remove a member')
  if (!isAbove(membership.role, target.role)) throw forbidden('You may remove only members of a lower role than yours.')
}

export const requireMayLeave = (conversation: Conversation, membership: Membership): void => {
  requireNotDirect(conversation, 'leave it')
  if (membership.role === 'OWNER' && conversation.memberCount > 1)
    throw forbidden('The owner of a conversation with other members hands it over first.')
}
