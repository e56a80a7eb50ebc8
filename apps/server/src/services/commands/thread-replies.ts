import {
  badInput,
  everyone,
  type Mention,
  type Message,
  type MessageId,
  requireThreadRoot,
  type UserId,
} from '@cpc-messenger/messenger'
import type { BatchState } from '../commit/batch-state.ts'
import type { DraftFollowers } from '../commit/draft.ts'
import type { DecisionContext } from '../commit/use-case.ts'

/** Where a new message goes, if not only into the timeline. */
export interface ThreadPlace {
  /** The root of the thread in which it is a reply. */
  readonly threadRootId?: MessageId | null
  readonly alsoInConversation?: boolean
}

/** The root of the thread to reply in; undefined outside threads. */
export const requireRoot = (
  { threadRootId = null, alsoInConversation = false }: ThreadPlace,
  conversationId: Message['conversationId'],
  { state, actor }: DecisionContext,
): Message | undefined => {
  if (threadRootId === null) {
    if (!alsoInConversation) return undefined
    throw badInput('alsoInConversation', 'Only a reply in a thread can be in the conversation too: set threadRootId.')
  }
  const root = state.requireMessage(threadRootId, actor)
  requireThreadRoot(root, conversationId)
  return root
}

const peopleIn = (mentions: readonly Mention[]): readonly UserId[] =>
  mentions.map(({ userId }) => userId).filter(id => id !== everyone)

/** Who follows a thread because of a reply: those whom it mentions, and with the first reply the author of the root. */
export const followersBy = (
  { threadRootId, conversationId }: Message,
  mentions: readonly Mention[],
  state: BatchState,
): { readonly followers?: DraftFollowers } => {
  if (threadRootId === null) return {}
  const first = state.findThread(threadRootId) === undefined ? state.getMessage(threadRootId).authorId : null
  const userIds = [...(first === null ? [] : [first]), ...peopleIn(mentions)]
  return userIds.length === 0 ? {} : { followers: { rootId: threadRootId, conversationId, userIds } }
}
