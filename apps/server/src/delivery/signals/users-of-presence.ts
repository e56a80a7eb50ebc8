import { badInput, parseStoredUserId, presencePerSubscription, type UserId } from '@cpc-messenger/messenger'

/** The users that a client names. Refuses too many, and texts that cannot be the id of a user. */
export const usersOfPresence = (texts: readonly string[]): ReadonlySet<UserId> => {
  const userIds = new Set<UserId>()
  for (const text of texts) {
    const userId = parseStoredUserId(text)
    if (userId === undefined) throw badInput('userIds', 'userIds has a text that cannot be the id of a user.')
    userIds.add(userId)
  }
  if (userIds.size > presencePerSubscription)
    throw badInput('userIds', `A subscription to presence may name at most ${presencePerSubscription} users.`)
  return userIds
}
