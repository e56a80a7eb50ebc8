import type { Conversation } from './conversation.ts'
import type { ConversationId } from './ids.ts'
import { isAbove, isActive, isAtLeast, type LeaveReason, type Membership, type Role } from './membership.ts'
import type { Message, MessageRevision } from './message.ts'
import { badInput, editWindowClosed, forbidden, messageDeleted, silenced, slowMode } from './refusal.ts'
import { assertNever } from './values/assert-never.ts'
import type { Instant } from './values/instant.ts'

/** Members may read the whole conversation; every user may read a CHANNEL. */
export const maySee = (conversation: Conversation, membership: Membership | undefined): boolean =>
  conversation.deletedAt === null &&
  (conversation.kind === 'CHANNEL' || (membership !== undefined && isActive(membership)))

const requireRole = (membership: Membership, least: Role, what: string): void => {
  if (!isAtLeast(membership.role, least)) throw forbidden(`The lowest role that may ${what} is ${least}.`)
}

const requireNotDirect = (conversation: Conversation, what: string): void => {
  if (conversation.kind === 'DIRECT')
    throw forbidden(`A DIRECT conversation always has the same two members: you cannot ${what}.`)
}

export const requireMayWrite = (membership: Membership, at: Instant): void => {
  if (membership.silencedUntil !== null && membership.silencedUntil > at) throw silenced(membership.silencedUntil - at)
}

/** Who has to wait because of slow mode may type meanwhile. */
export const requireMayType = (conversation: Conversation, membership: Membership, at: Instant): void => {
  requireMayWrite(membership, at)
  requireRole(membership, conversation.settings.postingRole, 'post here')
}

export const requireMayPost = (conversation: Conversation, membership: Membership, at: Instant): void => {
  requireMayType(conversation, membership, at)
  const { slowModeSeconds } = conversation.settings
  if (slowModeSeconds === null || membership.role !== 'MEMBER' || membership.lastPostedAt === null) return
  // If the last post is in the future, the clock was set back since.
  const next = membership.lastPostedAt + slowModeSeconds * 1000
  if (next > at && membership.lastPostedAt <= at) throw slowMode(next - at)
}

/** Checked before the content is compared, so that only the author learns whether an edit would change the message. */
export const requireOwn = (message: Message, membership: Membership): void => {
  if (message.deletedAt !== null) throw messageDeleted()
  if (message.content.kind === 'system') throw forbidden('System messages cannot be edited.')
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

/** A system message has no author who may delete it: the user who caused it is not its author. */
export const requireMayDelete = (message: Message, membership: Membership): void => {
  if (message.content.kind === 'system') requireRole(membership, 'MODERATOR', 'delete a message of the server')
  else if (message.authorId !== membership.userId) requireRole(membership, 'MODERATOR', "delete another user's message")
}

/** As for deletion: the user who caused a system message is not its author. `revision`: the one to redact, if it exists. */
export const requireMayRedact = (
  message: Message,
  revision: MessageRevision | undefined,
  membership: Membership,
): void => {
  if (revision?.content.kind === 'system') requireRole(membership, 'MODERATOR', 'redact a message of the server')
  else if (message.authorId !== membership.userId)
    requireRole(membership, 'MODERATOR', "redact a revision of another user's message")
}

/**
 * The revisions of a message, by the conversation's `historyVisibility`. With NONE there is only the current version, which
 * every member may read.
 */
export const requireMayReadHistory = (message: Message, conversation: Conversation, membership: Membership): void => {
  const isOwnOrModerated = message.authorId === membership.userId || isAtLeast(membership.role, 'MODERATOR')
  switch (conversation.settings.historyVisibility) {
    case 'NONE':
      return
    case 'MODERATORS':
      if (!isOwnOrModerated) throw forbidden('Only its author and moderators may read the revisions of a message here.')
      return
    case 'MEMBERS':
      if (message.deletedAt !== null && !isOwnOrModerated)
        throw forbidden('Only its author and moderators may read the revisions of a deleted message.')
      return
    default:
      assertNever(conversation.settings.historyVisibility)
  }
}

/** Changing the name or topic requires permission to post at that time, because it adds a message to the timeline. */
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

/** The lowest role that may remove another member, and add them again. */
const removingRole: Role = 'MODERATOR'

/** The lowest role that may add a user again, by how their membership ended. */
const readdingRole: Readonly<Record<LeaveReason, Role>> = {
  LEFT: 'MEMBER',
  REMOVED: removingRole,
  BANNED: removingRole,
}

/** `ended`: why the earlier memberships of users who are added again ended. */
export const requireMayAdd = (
  conversation: Conversation,
  membership: Membership,
  ended: readonly LeaveReason[],
  at: Instant,
): void => {
  requireNotDirect(conversation, 'add to it')
  if (conversation.kind === 'CHANNEL') requireRole(membership, 'MODERATOR', 'add members to a CHANNEL')
  for (const reason of ended) requireRole(membership, readdingRole[reason], 'add a user again who was removed')
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
    throw forbidden(
      'You own this conversation, and it has other members. Make another member the owner before you leave.',
    )
}

/** Whether a message can have replies in a thread: it is of this conversation, no reply itself, and not deleted. */
export const requireThreadRoot = (root: Message, conversationId: ConversationId): void => {
  if (root.conversationId !== conversationId)
    throw badInput('threadRootId', 'The root of a thread must be a message of the same conversation.')
  if (root.threadRootId !== null)
    throw badInput('threadRootId', 'This message is a reply itself. Reply in the thread of its root.')
  if (root.deletedAt !== null) throw messageDeleted()
}
