import type { UserId } from '@cpc-messenger/messenger'

/** The user who sends a command or a query. */
export interface Actor {
  readonly userId: UserId
  /** The token is a service token: an application's server acts as this user. */
  readonly service: boolean
}
