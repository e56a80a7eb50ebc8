import {
  type ConversationId,
  type Refusal,
  type Snapshot,
  type StoreReader,
  tokenExpired,
  unauthenticated,
} from '@cpc-messenger/messenger'
import type { Actor } from '../../../services/identity/actor.ts'
import type { Session } from '../../../services/identity/sign-in.ts'
import type { UserSemaphore } from '../../../services/limits/user-semaphore.ts'
import { ViewerReads } from '../../../services/reads/viewer-reads.ts'
import type { EventReads } from '../subscriptions/event-reads.ts'
import type { Caller } from './caller.ts'
import type { GraphQLDependencies } from './graphql-dependencies.ts'
import { OperationReader } from './operation-reader.ts'
import { PageShare } from './page-share.ts'
import { ReadAllowance } from './read-allowance.ts'

/** What every resolver of one operation sees. */
export interface OperationContext {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  /** Throws UNAUTHENTICATED or TOKEN_EXPIRED where no valid token stands behind the operation. */
  readonly actor: Actor
  /** What the viewer may read, all of it of one moment. */
  readonly reading: ViewerReads
  /** How many of the rows that a page was asked for it holds: fewer where the answer would become too large. */
  pageRows(rows: number): number
  /** The `traceparent` of the operation's span, where that is traced. */
  readonly trace?: string | undefined
  /** Ends what has been read; what is read from now on is of a new moment: a mutation's answer shows what it has committed. */
  resetSnapshot(): Promise<void>
  /** A result that is shown is of this conversation: what is read beside it, the viewer must be allowed to see by then. */
  committedIn(conversationId: ConversationId): void
}

export const noToken = (): Refusal =>
  unauthenticated('Authentication required. Send "Authorization: Bearer TOKEN", or `authorization` in connection_init.')

export const requireSession = ({ session }: Caller, { clock }: GraphQLDependencies): Session => {
  if (session === undefined) throw noToken()
  if (session.tokenExpiresAt <= clock.now()) throw tokenExpired()
  return session
}

/** Of a query or mutation: reads go to one snapshot, which takes its moment at the first of them. */
export class SnapshotContext implements OperationContext, AsyncDisposable {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  readonly trace: string | undefined
  readonly #reads: UserSemaphore
  readonly #pages: PageShare
  readonly #allowance = new ReadAllowance()
  #snapshot: Snapshot | undefined
  #reading: ViewerReads | undefined
  #committedIn: ConversationId | undefined

  constructor(
    dependencies: GraphQLDependencies,
    reads: UserSemaphore,
    caller: Caller,
    trace?: string,
    pages = new PageShare(1),
  ) {
    this.dependencies = dependencies
    this.#reads = reads
    this.caller = caller
    this.trace = trace
    this.#pages = pages
  }

  pageRows(rows: number): number {
    return this.#pages.of(rows)
  }

  get actor(): Actor {
    return requireSession(this.caller, this.dependencies).actor
  }

  get reading(): ViewerReads {
    if (this.#reading === undefined) {
      const { actor } = this
      this.#snapshot = this.dependencies.store.snapshot({ acquire: () => this.#reads.acquire(actor.userId) })
      this.#reading = new ViewerReads(actor, new OperationReader(this.#snapshot, this.#allowance, this.#guard()))
    }
    return this.#reading
  }

  async resetSnapshot(): Promise<void> {
    await this.close()
  }

  /** Gives back what was read from; undefined where nothing was. */
  close(): PromiseLike<void> | undefined {
    const snapshot = this.#snapshot
    this.#snapshot = undefined
    this.#reading = undefined
    this.#committedIn = undefined
    return snapshot?.[Symbol.asyncDispose]()
  }

  committedIn(conversationId: ConversationId): void {
    this.#committedIn = conversationId
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.resetSnapshot()
  }

  /** Whoever was removed since their command was committed reads nothing beside its result. */
  #guard() {
    const conversationId = this.#committedIn
    if (conversationId === undefined) return undefined
    const { actor } = this
    return (snapshot: StoreReader): Promise<unknown> =>
      new ViewerReads(actor, snapshot).requireConversation(conversationId)
  }
}

/** Whatever is read about an event goes through its rows, which note it for validating the result. */
const readingOf = (
  viewer: Actor | (() => Actor),
  { store }: GraphQLDependencies,
  reads: EventReads | undefined,
): ViewerReads =>
  reads === undefined ? new ViewerReads(viewer, store.latest) : new ViewerReads(viewer, reads.rows, reads.loaders)

/** Of one event of a subscription: reads go to the newest state. */
export class EventContext implements OperationContext {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  readonly reading: ViewerReads

  constructor(dependencies: GraphQLDependencies, caller: Caller, viewer: Actor, reads: EventReads | undefined) {
    this.dependencies = dependencies
    this.caller = caller
    this.reading = readingOf(viewer, dependencies, reads)
  }

  get actor(): Actor {
    return this.reading.viewer
  }

  pageRows(rows: number): number {
    return rows
  }

  async resetSnapshot(): Promise<void> {}

  committedIn(): void {}
}

/** A resolver in an execution for all asked who looks. */
export class ViewerUnknown extends Error {
  override readonly name = 'ViewerUnknown'
}

/**
 * Of one event for all who ask the same of it: whatever tells one viewer from another throws, and that it was asked for
 * is remembered, so that a resolver that catches this is found out too.
 */
export class SharedContext implements OperationContext {
  readonly dependencies: GraphQLDependencies
  readonly reading: ViewerReads
  #viewerWasRead = false

  constructor(dependencies: GraphQLDependencies, reads: EventReads | undefined) {
    this.dependencies = dependencies
    this.reading = readingOf(() => this.#refuse(), dependencies, reads)
  }

  get viewerWasRead(): boolean {
    return this.#viewerWasRead
  }

  get actor(): Actor {
    return this.#refuse()
  }

  get caller(): Caller {
    return this.#refuse()
  }

  pageRows(rows: number): number {
    return rows
  }

  async resetSnapshot(): Promise<void> {}

  committedIn(): void {}

  #refuse(): never {
    this.#viewerWasRead = true
    throw new ViewerUnknown('This is executed for all viewers at once.')
  }
}
