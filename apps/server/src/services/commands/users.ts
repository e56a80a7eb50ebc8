import { type Instant, newUser, type User, type UserId } from '@cpc-messenger/messenger'
import { changed, type UseCase, unchanged } from '../commit/use-case.ts'

export interface Profile {
  readonly userId: UserId
  /** Undefined where the token says nothing of it: then it stays as it is. */
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
  /** See `Identity.profileAsOf`. */
  readonly profileAsOf: Instant
}

/** There is something in it that a profile may hold. */
export const hasProfile = ({ displayName, avatarUrl }: Pick<Profile, 'displayName' | 'avatarUrl'>): boolean =>
  displayName !== undefined || avatarUrl !== undefined

/**
 * A user comes to be when a valid token first names them, and their profile follows the newest of their tokens that has a
 * name or a picture: older ones, which other devices may still hold, change nothing.
 */
export const registerUser: UseCase<Profile, User> = {
  name: 'registerUser',
  needs: ({ userId }) => ({ users: [userId] }),
  decide({ userId, displayName, avatarUrl, profileAsOf }, { state, at }) {
    const stored = state.findUser(userId)
    const before = stored ?? newUser(userId, at)
    const isNewer = before.profileAsOf === null || profileAsOf > before.profileAsOf
    const isNews = hasProfile({ displayName, avatarUrl }) && isNewer
    if (stored?.namedById === null && !isNews) return unchanged(() => stored)
    const profile = isNews
      ? { displayName: displayName ?? before.displayName, avatarUrl: avatarUrl ?? before.avatarUrl, profileAsOf }
      : {}
    const user: User = { ...before, ...profile, namedById: null }
    return changed({ users: [user] }, () => user)
  },
}
