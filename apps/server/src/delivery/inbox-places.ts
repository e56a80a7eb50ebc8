import { type CommitMark, type ConversationId, type InboxHead, resync, type UserId } from '@cpc-messenger/messenger'
import type { GatheredReads } from '../services/gathered-reads.ts'

/** With both, each conversation starts at the later of the two. With neither: from now. */
export interface InboxStart {
  readonly after?: ReadonlyMap<ConversationId, number> | undefined
  readonly from?: CommitMark | undefined
  readonly epoch?: string | undefined
}

export interface InboxPlaces {
  /** Where the replay of each conversation starts; those not named start at their heads. */
  readonly places: ReadonlyMap<ConversationId, number>
  /** Conversations whose positions are none. */
  readonly refused: readonly ConversationId[]
}

export const aheadOfLog = 'The position is ahead of the log, or of another epoch: fetch the state afresh.'

/** Rejects with RESYNC for a mark that is none. */
export const inboxPlaces = async (
  reads: GatheredReads,
  viewerId: UserId,
  { after, from }: InboxStart,
  heads: ReadonlyMap<ConversationId, InboxHead>,
): Promise<InboxPlaces> => {
  const listed = after ?? new Map<ConversationId, number>()
  const places = new Map<ConversationId, number>()
  if (from !== undefined) {
    const since = await reads.inboxSince(viewerId, from)
    if (since === undefined) throw resync(aheadOfLog)
    for (const change of since.changed)
      places.set(change.conversationId, Math.max(change.after, listed.get(change.conversationId) ?? 0))
  } else if (after !== undefined)
    for (const [conversationId, { joinedSequence }] of heads) places.set(conversationId, joinedSequence - 1)
  const unknown = [...listed.keys()].filter(id => !heads.has(id))
  const ends = await endsOfMemberships(reads, viewerId, unknown)
  const refused: ConversationId[] = []
  for (const [conversationId, sequence] of listed) {
    const head = heads.get(conversationId)?.head ?? ends.get(conversationId)
    if (head === undefined || sequence > head) {
      refused.push(conversationId)
      places.delete(conversationId)
    } else if (from === undefined) places.set(conversationId, sequence)
  }
  return { places, refused }
}

/**
 * How far the viewer may know those that they were not in when their conversations were read: up to where they left, or, if
 * they have come back since, up to there.
 */
const endsOfMemberships = async (
  reads: GatheredReads,
  userId: UserId,
  conversationIds: readonly ConversationId[],
): Promise<ReadonlyMap<ConversationId, number>> => {
  if (conversationIds.length === 0) return new Map()
  const rows = await reads.membershipsOf(conversationIds.map(conversationId => ({ conversationId, userId })))
  return new Map(rows.map(row => [row.conversationId, row.leftSequence ?? row.joinedSequence]))
}
