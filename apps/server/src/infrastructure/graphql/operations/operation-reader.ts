import type {
  AuditReader,
  ConversationReader,
  InboxReader,
  LogReader,
  MemberReader,
  MentionReader,
  Message,
  MessageId,
  MessageReader,
  PresenceReader,
  ReactionReader,
  StoreReader,
  ThreadReader,
  UserReader,
  ViewerStateReader,
} from '@cpc-messenger/messenger'
import type { ReadAllowance } from './read-allowance.ts'

/** Messages that are read by their ids at one time. */
const maxMessagesAtOnce = 100

const itself = <Rows>(rows: Rows): Rows => rows

/** Runs `guard` before each read. */
const guarded = <Topic extends object>(topic: Topic, guard: () => Promise<unknown>): Topic =>
  new Proxy(topic, {
    get(target, name) {
      const read: unknown = Reflect.get(target, name)
      if (typeof read !== 'function') return read
      return async (...request: unknown[]): Promise<unknown> => {
        await guard()
        return read.apply(target, request)
      }
    },
  })

/**
 * The reads of one operation, from its snapshot. Messages count towards its allowance. A guard decides in the same snapshot
 * whether anything other than users may be read: if it rejects, these reads reject.
 */
export class OperationReader implements StoreReader {
  readonly #snapshot: StoreReader
  readonly #allowance: ReadAllowance
  readonly #guard: ((snapshot: StoreReader) => Promise<unknown>) | undefined
  #admitted: Promise<unknown> | undefined
  #messages: MessageReader | undefined
  #log: LogReader | undefined
  #threads: ThreadReader | undefined

  constructor(snapshot: StoreReader, allowance: ReadAllowance, guard?: (snapshot: StoreReader) => Promise<unknown>) {
    this.#snapshot = snapshot
    this.#allowance = allowance
    this.#guard = guard
  }

  get users(): UserReader {
    return this.#snapshot.users
  }

  get conversations(): ConversationReader {
    return this.#checked(this.#snapshot.conversations)
  }

  get messages(): MessageReader {
    this.#messages ??= this.#checked(meteredMessages(this.#snapshot.messages, this.#allowance))
    return this.#messages
  }

  get reactions(): ReactionReader {
    return this.#checked(this.#snapshot.reactions)
  }

  get members(): MemberReader {
    return this.#checked(this.#snapshot.members)
  }

  get presences(): PresenceReader {
    return this.#checked(this.#snapshot.presences)
  }

  get log(): LogReader {
    this.#log ??= this.#checked(meteredLog(this.#snapshot.log, this.#allowance))
    return this.#log
  }

  get threads(): ThreadReader {
    this.#threads ??= this.#checked(meteredThreads(this.#snapshot.threads, this.#allowance))
    return this.#threads
  }

  get mentions(): MentionReader {
    return this.#checked(this.#snapshot.mentions)
  }

  get audit(): AuditReader {
    return this.#checked(this.#snapshot.audit)
  }

  get inbox(): InboxReader {
    return this.#checked(this.#snapshot.inbox)
  }

  get viewerStates(): ViewerStateReader {
    return this.#checked(this.#snapshot.viewerStates)
  }

  #checked<Topic extends object>(topic: Topic): Topic {
    const guard = this.#guard
    if (guard === undefined) return topic
    return guarded(topic, () => {
      this.#admitted ??= guard(this.#snapshot)
      return this.#admitted
    })
  }
}

const meteredMessages = (messages: MessageReader, allowance: ReadAllowance): MessageReader => ({
  ...messages,
  byIds: ids => readInPieces(ids, piece => allowance.read(() => messages.byIds(piece), itself)),
  timeline: request => allowance.read(() => messages.timeline(request), itself),
  lastOf: ids => allowance.read(() => messages.lastOf(ids), itself),
  revisions: request => allowance.read(() => messages.revisions(request), itself),
})

const meteredThreads = (threads: ThreadReader, allowance: ReadAllowance): ThreadReader => ({
  ...threads,
  replies: request => allowance.read(() => threads.replies(request), itself),
})

const meteredLog = (log: LogReader, allowance: ReadAllowance): LogReader => ({
  ...log,
  page: request =>
    allowance.read(
      () => log.page(request),
      ({ rows }) => rows.messages,
    ),
})

const readInPieces = async (
  ids: readonly MessageId[],
  read: (ids: readonly MessageId[]) => Promise<readonly Message[]>,
): Promise<readonly Message[]> => {
  const messages: Message[] = []
  for (let start = 0; start < ids.length; start += maxMessagesAtOnce)
    messages.push(...(await read(ids.slice(start, start + maxMessagesAtOnce))))
  return messages
}
