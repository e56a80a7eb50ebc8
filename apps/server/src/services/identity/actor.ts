import type { UserId } from '@cpc-messenger/messenger'

/** The user who sends a command or a query. */
export interface Actor {
  readonly userId: UserId
  /** The token is a service token: an application's server acts as this user. */
  readonly service: boolean
  /** The user is an administrator of this server: by the token's scope, or by the account. */
  readonly administrator: boolean
}

/** A user without special rights. */
export const actorOf = (userId: UserId): Actor => ({ userId, service: false, administrator: false })
