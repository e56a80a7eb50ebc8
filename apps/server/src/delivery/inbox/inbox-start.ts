import { type ConversationId, type InboxHead, type Membership, resync, type UserId } from '@cpc-messenger/messenger'
import type { BatchedReads } from '../../services/reads/batched-reads.ts'
import { invalidPosition } from '../log/epoch.ts'
import { type InboxPoint, laterSequences, parseInboxPosition } from './inbox-position.ts'

/** If both are given, each conversation starts at the later of the two. If neither is, delivery starts from now. */
export interface InboxStart {
  readonly after?: ReadonlyMap<ConversationId, number> | undefined
  /** The text of an inbox position. */
  readonly from?: string | undefined
  readonly epoch?: string | undefined
}

interface ResolvedInboxStart {
  /** Where the replay of each conversation starts. Conversations that are not listed start at their heads. */
  readonly positions: ReadonlyMap<ConversationId, number>
  /** Conversations whose positions are not valid. */
  readonly refused: readonly ConversationId[]
  /** All of this as one position; undefined if delivery starts from now. */
  readonly point: InboxPoint | undefined
}

/** Rejects with RESYNC if `from` is not a valid position. */
export const resolveInboxStart = async (
  reads: BatchedReads,
  viewerId: UserId,
  { after, from }: InboxStart,
  heads: ReadonlyMap<ConversationId, InboxHead>,
): Promise<ResolvedInboxStart> => {
  if (after === undefined && from === undefined) return { positions: new Map(), refused: [], point: undefined }
  const given = from === undefined ? undefined : parseInboxPosition(from)
  if (from !== undefined && given?.mark === undefined) throw resync(invalidPosition)
  const listed = laterSequences(given?.sequences ?? new Map(), after ?? new Map())
  const positions = new Map(await defaultPositions(reads, viewerId, given, heads))
  const unknown = [...listed.keys()].filter(id => !heads.has(id))
  const memberships = await membershipsOf(reads, viewerId, unknown)
  const sequences = new Map(listed)
  const refused: ConversationId[] = []
  for (const [id, sequence] of listed) {
    const membership = memberships.get(id)
    const head = heads.get(id)?.head ?? (membership && maxKnown(membership))
    if (head === undefined || sequence > head) {
      refused.push(id)
      positions.delete(id)
      sequences.delete(id)
      if (heads.has(id) && head !== undefined) sequences.set(id, head)
    } else if (from === undefined || positions.has(id)) positions.set(id, Math.max(sequence, positions.get(id) ?? 0))
    // The position includes the end of this membership: it was delivered.
    if (from !== undefined && sequence === membership?.leftSequence) positions.delete(id)
  }
  return { positions, refused, point: { mark: given?.mark, sequences } }
}

/** Where conversations start that have no listed sequence. With a mark, only those that have grown since it are replayed. */
const defaultPositions = async (
  reads: BatchedReads,
  viewerId: UserId,
  given: InboxPoint | undefined,
  heads: ReadonlyMap<ConversationId, InboxHead>,
): Promise<Iterable<readonly [ConversationId, number]>> => {
  if (given?.mark === undefined)
    return Array.from(heads.values(), ({ conversationId, joinedSequence }) => [conversationId, joinedSequence - 1])
  const since = await reads.inboxSince(viewerId, given.mark)
  if (since === undefined) throw resync(invalidPosition)
  return since.changed.map(({ conversationId, after }) => [conversationId, after])
}

/**
 * The highest sequence that the viewer can have of a conversation that they were not in when their conversations were
 * read: that of leaving it, or, if they have joined it again since, that of joining.
 */
const maxKnown = ({ leftSequence, joinedSequence }: Membership): number => leftSequence ?? joinedSequence

const membershipsOf = async (
  reads: BatchedReads,
  userId: UserId,
  conversationIds: readonly ConversationId[],
): Promise<ReadonlyMap<ConversationId, Membership>> => {
  if (conversationIds.length === 0) return new Map()
  const rows = await reads.members.byPairs(conversationIds.map(conversationId => ({ conversationId, userId })))
  return new Map(rows.map(row => [row.conversationId, row]))
}
