import { badInput, type Conversation, type ConversationId, type NotificationLevel } from '@cpc-messenger/messenger'
import { changed, type UseCase, unchanged } from '../commit/use-case.ts'
import type { Actor } from '../identity/actor.ts'

/** A field that is absent stays as it is. */
interface UpdateViewerSettings {
  readonly conversationId: ConversationId
  readonly notifications?: NotificationLevel
  readonly archived?: boolean
  readonly pinned?: boolean
}

interface MarkUnread {
  readonly conversationId: ConversationId
  readonly sequence: number
}

const needs = ({ conversationId }: { readonly conversationId: ConversationId }, { userId }: Actor) => ({
  conversations: [conversationId],
  memberships: [userId],
  viewerStates: [{ conversationId, userId }],
})

/** Since when; a flag that is set already keeps its time. */
const since = (before: number | null, wanted: boolean | undefined, at: number): number | null => {
  if (wanted === undefined) return before
  return wanted ? (before ?? at) : null
}

export const updateViewerSettings: UseCase<UpdateViewerSettings, Conversation> = {
  name: 'updateViewerSettings',
  needs,
  decide({ conversationId, notifications, archived, pinned }, { actor, state, at }) {
    state.requireMember(conversationId, actor)
    const before = state.viewerState({ conversationId, userId: actor.userId })
    const after = {
      ...before,
      notifications: notifications ?? before.notifications,
      archivedAt: since(before.archivedAt, archived, at),
      pinnedAt: since(before.pinnedAt, pinned, at),
    }
    const result = () => state.getConversation(conversationId)
    const isSame =
      after.notifications === before.notifications &&
      after.archivedAt === before.archivedAt &&
      after.pinnedAt === before.pinnedAt
    return isSame ? unchanged(result) : changed({ viewerStates: [after] }, result)
  },
}

/** The viewer's own counts start after the sequence; the markers stay. */
export const markUnread: UseCase<MarkUnread, Conversation> = {
  name: 'markUnread',
  needs,
  decide({ conversationId, sequence }, { actor, state }) {
    const { conversation } = state.requireMember(conversationId, actor)
    if (sequence < 0 || sequence > conversation.lastSequence)
      throw badInput(
        'sequence',
        `sequence must be from 0 to ${conversation.lastSequence}, the newest event of the conversation.`,
      )
    const before = state.viewerState({ conversationId, userId: actor.userId })
    const result = () => state.getConversation(conversationId)
    return before.markedUnreadFrom === sequence
      ? unchanged(result)
      : changed({ viewerStates: [{ ...before, markedUnreadFrom: sequence }] }, result)
  },
}
