import {
  badInput,
  forbidden,
  type Json,
  newUser,
  parseAvatarUrl,
  parseDisplayName,
  type User,
  type UserId,
} from '@cpc-messenger/messenger'
import { requireMetadata } from '../commands/metadata.ts'
import { changed, type UseCase, unchanged } from '../commit/use-case.ts'
import type { Actor } from '../identity/actor.ts'

/** A field that is absent stays as it is; null clears it. */
export interface UpdateUser {
  readonly userId: UserId
  readonly displayName?: string | null
  readonly avatarUrl?: string | null
  readonly metadata?: Json
}

export interface OfUser {
  readonly userId: UserId
}

const requirePermission = (actor: Actor): void => {
  if (!actor.service) throw forbidden('Only a service token may change the profiles of users.')
}

const displayNameOf = ({ userId, displayName }: UpdateUser): string | undefined => {
  if (displayName === undefined) return undefined
  if (displayName === null) return userId
  const name = parseDisplayName(displayName)
  if (name === undefined) throw badInput('displayName', 'displayName must be one line of 1 to 100 visible characters.')
  return name
}

const avatarUrlOf = ({ avatarUrl }: UpdateUser): string | null | undefined => {
  if (avatarUrl === undefined || avatarUrl === null) return avatarUrl
  const url = parseAvatarUrl(avatarUrl)
  if (url === undefined)
    throw badInput('avatarUrl', 'avatarUrl must be an http or https URL without credentials, at most 2048 characters.')
  return url
}

const isSame = (one: User, other: User): boolean => JSON.stringify(one) === JSON.stringify(other)

/**
 * Sets the profile and the metadata of a user, and creates the user if there is none. Tokens that were issued before do not
 * change the profile back.
 */
export const updateUser: UseCase<UpdateUser, OfUser> = {
  name: 'updateUser',
  needs: ({ userId }) => ({ users: [userId] }),
  decide(input, { actor, state, at }) {
    requirePermission(actor)
    const { userId, metadata } = input
    const [displayName, avatarUrl] = [displayNameOf(input), avatarUrlOf(input)]
    if (metadata !== undefined) requireMetadata(metadata)
    const stored = state.findUser(userId)
    const before = stored ?? newUser(userId, at)
    const isProfile = displayName !== undefined || avatarUrl !== undefined
    const after: User = {
      ...before,
      displayName: displayName ?? before.displayName,
      avatarUrl: avatarUrl === undefined ? before.avatarUrl : avatarUrl,
      metadata: metadata === undefined ? before.metadata : metadata,
      profileAsOf: isProfile ? Math.max(before.profileAsOf ?? at, at) : before.profileAsOf,
    }
    return stored !== undefined && isSame(stored, after)
      ? unchanged(() => ({ userId }))
      : changed({ users: [after] }, () => ({ userId }))
  },
}
