import { newUser, type User, type UserId } from '@cpc-messenger/messenger'
import { changed, type UseCase, unchanged } from './use-case.ts'

export interface Profile {
  readonly userId: UserId
  /** Undefined where the token says nothing of it: then it stays as it is. */
  readonly displayName: string | undefined
  readonly avatarUrl: string | undefined
}

/** A user comes to be when a valid token first names them, and their profile follows their tokens. */
export const registerUser: UseCase<Profile, User> = {
  name: 'registerUser',
  needs: ({ userId }) => ({ users: [userId] }),
  decide({ userId, displayName, avatarUrl }, { state, at }) {
    const stored = state.findUser(userId)
    const before = stored ?? newUser(userId, at)
    const user: User = {
      ...before,
      displayName: displayName ?? before.displayName,
      avatarUrl: avatarUrl ?? before.avatarUrl,
    }
    if (stored?.displayName === user.displayName && stored.avatarUrl === user.avatarUrl) return unchanged(() => stored)
    return changed({ users: [user] }, () => user)
  },
}
