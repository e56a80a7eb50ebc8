import type { UserId } from '../../ids.ts'
import type { AuditReader } from './audit-reader.ts'
import type { ConversationReader } from './conversation-reader.ts'
import type { InboxReader } from './inbox-reader.ts'
import type { LogReader } from './log-reader.ts'
import type { MemberReader } from './member-reader.ts'
import type { MentionReader } from './mention-reader.ts'
import type { MessageReader } from './message-reader.ts'
import type { PresenceReader } from './presence-reader.ts'
import type { ReactionReader } from './reaction-reader.ts'
import type { ThreadReader } from './thread-reader.ts'
import type { UserReader } from './user-reader.ts'
import type { ViewerStateReader } from './viewer-state-reader.ts'

/**
 * All reads of the store, by topic. Every read uses an index, and its cost depends only on what it returns: never on the size
 * of a table or of a conversation. Lists of ids may have any length and order; rows that do not exist are left out. Each topic is a plain object of
 * functions, so that another reader can reuse some of them and replace others.
 */
export interface StoreReader {
  readonly users: UserReader
  readonly conversations: ConversationReader
  readonly messages: MessageReader
  readonly reactions: ReactionReader
  readonly members: MemberReader
  readonly presences: PresenceReader
  readonly log: LogReader
  readonly inbox: InboxReader
  readonly viewerStates: ViewerStateReader
  readonly threads: ThreadReader
  readonly mentions: MentionReader
  readonly audit: AuditReader
}

export interface SnapshotOptions {
  /** The user who is charged for the CPU time of the reads. */
  readonly readerId?: UserId
  /** Called before the first read. The snapshot disposes of the permit when it is disposed of itself. */
  readonly acquire?: () => Promise<Disposable> | Disposable
}

/** A reader of one snapshot, which begins at the first read. A snapshot without reads uses no resources. Dispose of it soon: others wait. */
export interface Snapshot extends StoreReader, AsyncDisposable {}
