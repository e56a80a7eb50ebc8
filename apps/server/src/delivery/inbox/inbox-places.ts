import { type ConversationId, type InboxHead, type Membership, resync, type UserId } from '@cpc-messenger/messenger'
import type { BatchedReads } from '../../services/reads/batched-reads.ts'
import { type InboxPoint, laterSequences, parseInboxPosition } from './inbox-position.ts'

/** With both, each conversation starts at the later of the two. With neither: from now. */
export interface InboxStart {
  readonly after?: ReadonlyMap<ConversationId, number> | undefined
  /** The text of an inbox's position. */
  readonly from?: string | undefined
  readonly epoch?: string | undefined
}

export interface InboxPlaces {
  /** Where the replay of each conversation starts; those not named start at their heads. */
  readonly places: ReadonlyMap<ConversationId, number>
  /** Conversations whose positions are none. */
  readonly refused: readonly ConversationId[]
  /** All of this as one position; undefined where it starts from now. */
  readonly point: InboxPoint | undefined
}

export const aheadOfLog = 'The position is ahead of the log, or of another epoch: fetch the state afresh.'

/** Rejects with RESYNC for a position that is none. */
export const inboxPlaces = async (
  reads: BatchedReads,
  viewerId: UserId,
  { after, from }: InboxStart,
  heads: ReadonlyMap<ConversationId, InboxHead>,
): Promise<InboxPlaces> => {
  if (after === undefined && from === undefined) return { places: new Map(), refused: [], point: undefined }
  const given = from === undefined ? undefined : parseInboxPosition(from)
  if (from !== undefined && given?.mark === undefined) throw resync(aheadOfLog)
  const listed = laterSequences(given?.sequences ?? new Map(), after ?? new Map())
  const places = new Map(await beginnings(reads, viewerId, given, heads))
  const unknown = [...listed.keys()].filter(id => !heads.has(id))
  const memberships = await membershipsOf(reads, viewerId, unknown)
  const sequences = new Map(listed)
  const refused: ConversationId[] = []
  for (const [id, sequence] of listed) {
    const membership = memberships.get(id)
    const head = heads.get(id)?.head ?? (membership && knownUpTo(membership))
    if (head === undefined || sequence > head) {
      refused.push(id)
      places.delete(id)
      sequences.delete(id)
      if (heads.has(id) && head !== undefined) sequences.set(id, head)
    } else if (from === undefined || places.has(id)) places.set(id, Math.max(sequence, places.get(id) ?? 0))
    // A position says so of what was left: its end was told.
    if (from !== undefined && sequence === membership?.leftSequence) places.delete(id)
  }
  return { places, refused, point: { mark: given?.mark, sequences } }
}

/** Where each conversation would start that no sequence is listed of: of a position where it has grown since its mark. */
const beginnings = async (
  reads: BatchedReads,
  viewerId: UserId,
  given: InboxPoint | undefined,
  heads: ReadonlyMap<ConversationId, InboxHead>,
): Promise<Iterable<readonly [ConversationId, number]>> => {
  if (given?.mark === undefined)
    return Array.from(heads.values(), ({ conversationId, joinedSequence }) => [conversationId, joinedSequence - 1])
  const since = await reads.inboxSince(viewerId, given.mark)
  if (since === undefined) throw resync(aheadOfLog)
  return since.changed.map(({ conversationId, after }) => [conversationId, after])
}

/**
 * How far the viewer may know one that they were not in when their conversations were read: up to where they left, or, if
 * they have come back since, up to there.
 */
const knownUpTo = ({ leftSequence, joinedSequence }: Membership): number => leftSequence ?? joinedSequence

const membershipsOf = async (
  reads: BatchedReads,
  userId: UserId,
  conversationIds: readonly ConversationId[],
): Promise<ReadonlyMap<ConversationId, Membership>> => {
  if (conversationIds.length === 0) return new Map()
  const rows = await reads.members.byPairs(conversationIds.map(conversationId => ({ conversationId, userId })))
  return new Map(rows.map(row => [row.conversationId, row]))
}
