import {
  type Conversation,
  type Membership,
  type Message,
  parseConversationId,
  parseMembershipId,
  parseMessageId,
  parseStoredUserId,
  parseThreadId,
  type User,
} from '@cpc-messenger/messenger'
import type { ViewerReads } from '../../../../services/reads/viewer-reads.ts'
import type { ThreadShape } from '../root/object-refs.ts'
import { threadShapeOf } from '../threads/thread-shape.ts'

/** The object with this id, of any type; undefined if it does not exist or the viewer may not see it. */
export const findNode = async (
  id: string,
  reading: ViewerReads,
): Promise<Conversation | Message | ThreadShape | Membership | User | undefined> => {
  const conversationId = parseConversationId(id)
  if (conversationId !== undefined) return reading.conversation(conversationId)
  const messageId = parseMessageId(id)
  if (messageId !== undefined) return reading.message(messageId)
  const rootId = parseThreadId(id)
  if (rootId !== undefined) return threadShapeOf(await reading.threads.byRoot(rootId))
  const membershipId = parseMembershipId(id)
  if (membershipId !== undefined) return reading.membership(membershipId)
  const userId = parseStoredUserId(id)
  return userId === undefined ? undefined : reading.user(userId)
}
