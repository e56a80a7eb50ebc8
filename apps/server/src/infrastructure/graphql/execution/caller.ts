import type { CommitMark, ConversationId } from '@cpc-messenger/messenger'
import type { Session } from '../../../services/sign-in.ts'

/** How far a client says it has come, outside an operation's own arguments. */
export interface ResumePoint {
  readonly epoch?: string | undefined
  readonly from?: CommitMark | undefined
  readonly positions: ReadonlyMap<ConversationId, number>
}

/** Who sends an operation, and over what. */
export interface Caller {
  /** Undefined where no token came. Over a WebSocket it changes when the token is renewed. */
  readonly session: Session | undefined
  readonly resume: ResumePoint | undefined
  /** Takes a fresh token of the same user; undefined where the transport holds no connection to give it to. */
  readonly renew?: ((token: string) => Promise<Session>) | undefined
}
