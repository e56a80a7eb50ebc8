import type { UserId } from '@cpc-messenger/messenger'

/** Who asks for a command or a read. */
export interface Actor {
  readonly userId: UserId
  /** An application's own server, acting as this user. */
  readonly service: boolean
}
