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

/** The context of every resolver of one operation. */
export interface OperationContext {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  /** Throws UNAUTHENTICATED or TOKEN_EXPIRED if the operation has no valid token. */
  readonly actor: Actor
  /** What the viewer may read, from one snapshot. */
  readonly reading: ViewerReads
  /** The size of a page for which `rows` were requested: fewer if the answer would be too large. */
  pageRows(rows: number): number
  /** The `traceparent` of the operation's span, if it is traced. */
  readonly trace?: string | undefined
  /** Closes the snapshot. Later reads use a new one, so that a mutation's answer shows what it committed. */
  resetSnapshot(): Promise<void>
  /** A command was committed in this conversation: other reads require that the viewer may still see it. */
  committedIn(conversationId: ConversationId): void
}

export const noToken = (): Refusal =>
  unauthenticated('Authentication required. Send "Authorization: Bearer TOKEN", or `authorization` in connection_init.')

export const requireSession = ({ session }: Caller, { clock }: GraphQLDependencies): Session => {
  if (session === undefined) throw noToken()
  if (session.tokenExpiresAt <= clock.now()) throw tokenExpired()
  return session
}

/** For a query or mutation: all reads use one snapshot, opened by the first of them. */
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
      this.#snapshot = this.dependencies.store.snapshot({
        readerId: actor.userId,
        acquire: () => this.#reads.acquire(actor.userId),
      })
      this.#reading = new ViewerReads(
        actor,
        new OperationReader(this.#snapshot, this.#allowance, this.#guard()),
        undefined,
        this.dependencies.presences,
      )
    }
    return this.#reading
  }

  async resetSnapshot(): Promise<void> {
    await this.close()
  }

  /** Closes the snapshot; undefined if there is none. */
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

  /** A viewer who was removed since their command was committed may read only its result. */
  #guard() {
    const conversationId = this.#committedIn
    if (conversationId === undefined) return undefined
    const { actor } = this
    return (snapshot: StoreReader): Promise<unknown> =>
      new ViewerReads(actor, snapshot).requireConversation(conversationId)
  }
}

/** Reads for an event use its rows, which record them in the read set that validates the result. */
const readingOf = (
  viewer: Actor | (() => Actor),
  { store, presences }: GraphQLDependencies,
  reads: EventReads | undefined,
): ViewerReads =>
  reads === undefined
    ? new ViewerReads(viewer, store.latest, undefined, presences)
    : new ViewerReads(viewer, reads.rows, reads.loaders, presences)

/** For one item of a subscription: reads use the latest state. */
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

/** For one signal: all reads use one snapshot, so that counts fit the `lastSequence` that comes with them. */
export class SignalContext implements OperationContext, AsyncDisposable {
  readonly dependencies: GraphQLDependencies
  readonly caller: Caller
  readonly reading: ViewerReads
  readonly #snapshot: Snapshot

  constructor(dependencies: GraphQLDependencies, caller: Caller, viewer: Actor) {
    this.dependencies = dependencies
    this.caller = caller
    this.#snapshot = dependencies.store.snapshot({ readerId: viewer.userId })
    this.reading = new ViewerReads(viewer, this.#snapshot, undefined, dependencies.presences)
  }

  get actor(): Actor {
    return this.reading.viewer
  }

  pageRows(rows: number): number {
    return rows
  }

  async resetSnapshot(): Promise<void> {}

  committedIn(): void {}

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#snapshot[Symbol.asyncDispose]()
  }
}

/** A resolver of a shared execution read the viewer. */
class ViewerUnknown extends Error {
  override readonly name = 'ViewerUnknown'
}

/**
 * For one item and all viewers with the same selection. Reading the viewer throws and is recorded, so that it is detected even
 * if the resolver catches the error.
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
    throw new ViewerUnknown('This execution is shared by all viewers.')
  }
}
