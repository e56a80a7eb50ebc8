import type { StoreReader, Thread, ThreadUnread, UserId } from '@cpc-messenger/messenger'

/** More threads than a user follows. */
const everyThread = 1_000_000

/** The threads that a user follows in which something is unread: replies, or mentions in replies that are read. */
export const unreadThreads = async (
  { threads }: Pick<StoreReader, 'threads'>,
  userId: UserId,
): Promise<readonly (Thread & ThreadUnread)[]> => {
  const followed = await threads.followed({ userId, limit: everyThread })
  const counts = await threads.unread(followed.map(({ rootId }) => ({ rootId, userId })))
  const byRoot = new Map(counts.map(count => [count.rootId, count]))
  return followed.flatMap(thread => {
    const count = byRoot.get(thread.rootId)
    return count !== undefined && (count.unread > 0 || count.mentions > 0) ? [{ ...thread, ...count }] : []
  })
}
