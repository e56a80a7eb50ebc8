import {
  type Changes,
  type Conversation,
  type ConversationKind,
  defaultSettings,
  type LogEvent,
  type Membership,
  type MessageStore,
  newUser,
  type User,
  type UserId,
} from '@cpc-messenger/messenger'
import { conversationId, membershipId } from './named-ids.ts'
import { noChanges } from './scribe.ts'

/** Rows of one commit. */
const rowsAtOnce = 5000

const write = async (store: MessageStore, changes: Partial<Changes>): Promise<void> => {
  await using batch = await store.begin([])
  await batch.commit({ ...noChanges, ...changes })
}

const inPieces = async <Row>(rows: readonly Row[], writePiece: (piece: readonly Row[]) => Promise<void>) => {
  for (let start = 0; start < rows.length; start += rowsAtOnce) await writePiece(rows.slice(start, start + rowsAtOnce))
}

export const writeUsers = (store: MessageStore, users: readonly User[]): Promise<void> =>
  inPieces(users, piece => write(store, { users: piece }))

export const usersNamed = (ids: readonly UserId[], nameOf: (id: UserId, index: number) => string): readonly User[] =>
  ids.map((id, index) => ({ ...newUser(id, 1), displayName: nameOf(id, index) }))

interface BulkConversation {
  /** Makes its id. */
  readonly number: number
  readonly kind?: ConversationKind
  readonly lastActivityAt?: number
  readonly members: readonly UserId[]
}

const conversationOf = ({ number, kind = 'GROUP', lastActivityAt = 1, members }: BulkConversation): Conversation => ({
  id: conversationId(number),
  kind,
  name: kind === 'DIRECT' ? null : `conversation ${number}`,
  topic: null,
  createdAt: 1,
  updatedAt: 1,
  lastActivityAt,
  key: null,
  metadata: null,
  settings: defaultSettings,
  lastSequence: members.length,
  memberCount: members.length,
  messageCount: 0,
  directPair: null,
  deletedAt: null,
  historyGeneration: 0,
})

const joinedOf = ({ id, conversationId, userId, joinedSequence }: Membership): LogEvent => ({
  type: 'MemberJoined',
  conversationId,
  sequence: joinedSequence,
  occurredAt: 1,
  actorId: null,
  threadRootId: null,
  membershipId: id,
  userId,
})

/**
 * Writes conversations with their members, who joined in that order, each of which is an event. Ids of memberships are
 * numbered from `firstMembership` on.
 */
export const writeConversations = async (
  store: MessageStore,
  conversations: readonly BulkConversation[],
  firstMembership = 1,
): Promise<readonly Conversation[]> => {
  let number = firstMembership
  const memberships = conversations.flatMap(one =>
    one.members.map(
      (userId, index): Membership => ({
        id: membershipId(number++),
        conversationId: conversationId(one.number),
        userId,
        role: 'MEMBER',
        joinedAt: 1,
        firstJoinedSequence: index + 1,
        joinedSequence: index + 1,
        leftSequence: null,
        leaveReason: null,
        silencedUntil: null,
        lastPostedAt: null,
      }),
    ),
  )
  const rows = conversations.map(conversationOf)
  await inPieces(rows, piece => write(store, { conversations: piece }))
  await inPieces(memberships, piece => write(store, { memberships: piece, events: piece.map(joinedOf) }))
  return rows
}
