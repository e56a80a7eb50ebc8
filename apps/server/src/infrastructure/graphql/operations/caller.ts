import type { ConversationId } from '@cpc-messenger/messenger'
import type { Session } from '../../../services/identity/sign-in.ts'

/** How far a client says it has come, outside an operation's own arguments. */
export interface ResumePoint {
  readonly epoch?: string | undefined
  /** The text of an inbox's position. */
  readonly from?: string | undefined
  readonly positions: ReadonlyMap<ConversationId, number>
  /** Of whichever one log the operation follows. */
  readonly sequence?: number | undefined
}

/** Who sends an operation, and over what. */
export interface Caller {
  /** Undefined where no token came. Over a WebSocket it changes when the token is renewed. */
  readonly session: Session | undefined
  readonly resume: ResumePoint | undefined
  /** The `traceparent` that came with the operation. */
  readonly traceparent?: string | undefined
  /** Its streams are told from where to come back with every item, and not only by what they bring. */
  readonly keepsPlace?: boolean
  /** Takes a fresh token of the same user; undefined where the transport holds no connection to give it to. */
  readonly renew?: ((token: string) => Promise<Session>) | undefined
}
