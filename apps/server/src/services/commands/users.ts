import { type Instant, newUser, type User, type UserId } from '@cpc-messenger/messenger'
import { changed, type UseCase, unchanged } from '../commit/use-case.ts'

export interface Profile {
  readonly userId: UserId
  /** Undefined if the token does not have it: it is not changed then. */
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
  /** See `Identity.profileAsOf`. */
  readonly profileAsOf: Instant
}

/** The token has a name or a picture. */
export const hasProfile = ({ displayName, avatarUrl }: Pick<Profile, 'displayName' | 'avatarUrl'>): boolean =>
  displayName !== undefined || avatarUrl !== undefined

/**
 * Creates a user when the first valid token names them, and updates the profile from the newest token that has a name or a
 * picture. Older tokens, which other devices may still have, change nothing.
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
