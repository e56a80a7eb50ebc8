import type {
  AuditReader,
  ConversationReader,
  InboxReader,
  LogReader,
  MemberReader,
  MentionReader,
  MessageReader,
  PresenceReader,
  ReactionReader,
  Snapshot,
  StoreReader,
  ThreadReader,
  UserReader,
  ViewerStateReader,
} from '@cpc-messenger/messenger'
import type { SqlDialect } from '../../statements/dialect.ts'
import type { ReadSession, SnapshotSession } from '../../statements/engine.ts'
import type { StatementCompiler } from '../../statements/statement.ts'
import { conversationReader } from '../conversations/conversation-reader.ts'
import { type MovedMarkers, viewerStateReader } from '../conversations/viewer-state-reader.ts'
import { inboxReader } from '../logs/inbox-reader.ts'
import { logReader } from '../logs/log-reader.ts'
import { memberReader } from '../members/member-reader.ts'
import { presenceReader } from '../members/presence-reader.ts'
import { userReader } from '../members/user-reader.ts'
import { mentionReader } from '../messages/mention-reader.ts'
import { messageReader } from '../messages/message-reader.ts'
import { reactionReader } from '../messages/reaction-reader.ts'
import { threadReader } from '../messages/thread-reader.ts'
import { auditReader } from '../moderation/audit-reader.ts'

/** Compiles every read of the store, once; each topic then makes its reader for a session. */
export const compileReads = (compiler: StatementCompiler, dialect: SqlDialect, moved: MovedMarkers) => {
  const rows = {
    users: userReader(compiler, dialect),
    conversations: conversationReader(compiler, dialect),
    messages: messageReader(compiler, dialect),
    reactions: reactionReader(compiler, dialect),
    members: memberReader(compiler, dialect),
    presences: presenceReader(compiler, dialect),
  }
  return {
    ...rows,
    log: logReader(compiler, dialect, rows),
    inbox: inboxReader(compiler, dialect),
    viewerStates: viewerStateReader(compiler, dialect, moved),
    threads: threadReader(compiler, dialect),
    mentions: mentionReader(compiler, dialect),
    audit: auditReader(compiler, dialect),
  }
}

export type CompiledReads = ReturnType<typeof compileReads>

/** The reads over one session. The reader of a topic is made when it is first used: most operations need one or two. */
export class SqlStoreReader implements StoreReader {
  readonly #reads: CompiledReads
  readonly #session: ReadSession
  #users: UserReader | undefined
  #conversations: ConversationReader | undefined
  #messages: MessageReader | undefined
  #reactions: ReactionReader | undefined
  #members: MemberReader | undefined
  #presences: PresenceReader | undefined
  #log: LogReader | undefined
  #inbox: InboxReader | undefined
  #viewerStates: ViewerStateReader | undefined
  #threads: ThreadReader | undefined
  #mentions: MentionReader | undefined
  #audit: AuditReader | undefined

  constructor(reads: CompiledReads, session: ReadSession) {
    this.#reads = reads
    this.#session = session
  }

  get users(): UserReader {
    this.#users ??= this.#reads.users(this.#session)
    return this.#users
  }

  get conversations(): ConversationReader {
    this.#conversations ??= this.#reads.conversations(this.#session)
    return this.#conversations
  }

  get messages(): MessageReader {
    this.#messages ??= this.#reads.messages(this.#session)
    return this.#messages
  }

  get reactions(): ReactionReader {
    this.#reactions ??= this.#reads.reactions(this.#session)
    return this.#reactions
  }

  get members(): MemberReader {
    this.#members ??= this.#reads.members(this.#session)
    return this.#members
  }

  get presences(): PresenceReader {
    this.#presences ??= this.#reads.presences(this.#session)
    return this.#presences
  }

  get log(): LogReader {
    this.#log ??= this.#reads.log(this.#session)
    return this.#log
  }

  get inbox(): InboxReader {
    this.#inbox ??= this.#reads.inbox(this.#session)
    return this.#inbox
  }

  get viewerStates(): ViewerStateReader {
    this.#viewerStates ??= this.#reads.viewerStates(this.#session)
    return this.#viewerStates
  }

  get threads(): ThreadReader {
    this.#threads ??= this.#reads.threads(this.#session)
    return this.#threads
  }

  get mentions(): MentionReader {
    this.#mentions ??= this.#reads.mentions(this.#session)
    return this.#mentions
  }

  get audit(): AuditReader {
    this.#audit ??= this.#reads.audit(this.#session)
    return this.#audit
  }
}

export class SqlSnapshot extends SqlStoreReader implements Snapshot {
  readonly #snapshot: SnapshotSession

  constructor(reads: CompiledReads, snapshot: SnapshotSession) {
    super(reads, snapshot)
    this.#snapshot = snapshot
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#snapshot[Symbol.asyncDispose]()
  }
}
