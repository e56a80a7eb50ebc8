import type { ConversationId } from '@cpc-messenger/messenger'
import type { Session } from '../../../services/identity/sign-in.ts'
import type { CpuAccount } from '../../scheduling/cpu-account.ts'

/** The position that a client resumes from, apart from the operation's own arguments. */
export interface ResumePoint {
  readonly epoch?: string | undefined
  /** The position of the inbox. */
  readonly from?: string | undefined
  readonly positions: ReadonlyMap<ConversationId, number>
  /** For the log that the operation subscribes to. */
  readonly sequence?: number | undefined
}

/** Who sends an operation, and how. */
export interface Caller {
  /** Undefined without a token. Over a WebSocket it changes when the token is renewed. */
  readonly session: Session | undefined
  readonly resume: ResumePoint | undefined
  /** The account that is charged for the CPU time of the operations. */
  readonly account: CpuAccount
  /** The `traceparent` that came with the operation. */
  readonly traceparent?: string | undefined
  /** The connection; undefined if the transport has none. */
  readonly connectionId?: string | undefined
  /** Every item of its streams has a resume position. */
  readonly keepsPlace?: boolean
  /** Renews the session with a new token of the same user; undefined if the transport has no connection. */
  readonly renew?: ((token: string) => Promise<Session>) | undefined
}
