import {
  type Changes,
  type Clock,
  type ConversationId,
  type Instant,
  notFound,
  requireMayType,
  requireThreadRoot,
  type SignalBus,
  type StoreReader,
  signalKeyText,
  type UserId,
} from '@cpc-messenger/messenger'
import { KeyedThrottle } from '../concurrency/keyed-throttle.ts'
import type { Actor } from '../identity/actor.ts'
import type { Presences } from '../presence/presences.ts'
import { BatchedReads } from '../reads/batched-reads.ts'
import { RowLoaders } from '../reads/row-loaders.ts'
import { ViewerReads } from '../reads/viewer-reads.ts'
import { PendingDecisions } from './pending-decisions.ts'
import { type TypingPlace, type Typist, typingMs, typingSignalMs } from './typing-place.ts'

interface TypingDependencies {
  readonly reader: StoreReader
  readonly bus: SignalBus
  readonly clock: Clock
  /** The typing of an invisible user is not sent. */
  readonly presences: Pick<Presences, 'isInvisible'>
}

interface SetTyping extends TypingPlace {
  readonly typing: boolean
}

interface Entry {
  readonly typist: Typist
  /** The connection that set it last; undefined without one. */
  connectionId: string | undefined
  /** When it was set, for other nodes. */
  setAt: Instant
  /** On the monotonic clock; 0 once it has ended. */
  expiresAt: number
  /** It was published that the user types, and not yet that they have stopped. */
  isPublished: boolean
}

/**
 * Who types, as set on this node: held in memory, published to the nodes that have subscribers. It ends by itself after six
 * seconds, and when the user sends a message there, leaves the conversation or disconnects.
 */
export class Typing implements Disposable {
  readonly #dependencies: TypingDependencies
  readonly #reads: BatchedReads
  readonly #entries = new Map<string, Entry>()
  readonly #byConversation = new Map<ConversationId, Set<string>>()
  readonly #byConnection = new Map<string, Set<string>>()
  readonly #decisions = new PendingDecisions()
  readonly #signals = new KeyedThrottle<string>(typingSignalMs, key => this.#publish(key))
  readonly #expiry = setInterval(() => this.#expire(), 1000).unref()

  constructor(dependencies: TypingDependencies) {
    this.#dependencies = dependencies
    this.#reads = new BatchedReads(dependencies.reader)
  }

  /**
   * Rejects with NOT_FOUND or FORBIDDEN if the user is not a member or may not post here, SILENCED, and with BAD_USER_INPUT or
   * MESSAGE_DELETED if the message cannot be the root of a thread. `connectionId`: its end ends the typing.
   */
  async set({ typing, ...place }: SetTyping, actor: Actor, connectionId?: string): Promise<void> {
    const { userId } = actor
    const typist: Typist = { ...place, userId }
    const key = keyOf(typist)
    const decision = this.#decisions.begin(key)
    try {
      if (typing) await this.#requireMayType(place, actor)
      else await this.#viewerReads(actor).requireMember(place.conversationId)
      const isShown = typing && !(await this.#dependencies.presences.isInvisible(userId))
      if (!this.#decisions.settle(key, decision)) return
      if (isShown) this.#begin(typist, connectionId)
      else this.#end(key)
    } finally {
      this.#decisions.drop(key, decision)
    }
  }

  /** Who types in this conversation, as set by clients of this node. */
  typistsIn(conversationId: ConversationId): readonly (Typist & { readonly leftMs: number })[] {
    const now = performance.now()
    const keys = [...(this.#byConversation.get(conversationId) ?? [])]
    return keys.flatMap(key => {
      const entry = this.#entries.get(key)
      const leftMs = (entry?.expiresAt ?? 0) - now
      return entry !== undefined && leftMs > 0 ? [{ ...entry.typist, leftMs }] : []
    })
  }

  /** The user stops typing everywhere. */
  stop(userId: UserId): void {
    for (const [key, { typist }] of this.#entries) if (typist.userId === userId) this.#end(key)
  }

  disconnected(connectionId: string): void {
    for (const key of this.#byConnection.get(connectionId) ?? []) this.#end(key)
  }

  /** Who has sent a message no longer types there, and who has left or become invisible no longer types at all. */
  committed({ events, presences }: Pick<Changes, 'events' | 'presences'>): void {
    if (this.#entries.size === 0 && this.#decisions.isEmpty) return
    for (const { userId, choice } of presences) if (choice === 'INVISIBLE') this.stop(userId)
    for (const event of events) {
      if (event.type === 'MemberLeft') this.#leave(event.conversationId, event.userId)
      else if (event.type === 'ConversationDeleted') this.#leave(event.conversationId)
      else if (event.type === 'MessageCreated' && event.actorId !== null)
        this.#cancel(keyOf({ ...event, userId: event.actorId }))
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#expiry)
    this.#signals[Symbol.dispose]()
    for (const key of [...this.#entries.keys()]) this.#remove(key)
  }

  #viewerReads(actor: Actor): ViewerReads {
    return new ViewerReads(actor, this.#dependencies.reader, new RowLoaders(this.#reads))
  }

  async #requireMayType({ conversationId, threadRootId }: TypingPlace, actor: Actor): Promise<void> {
    const reads = this.#viewerReads(actor)
    const [membership, conversation, root] = await Promise.all([
      reads.requireMember(conversationId),
      reads.requireConversation(conversationId),
      threadRootId === null ? undefined : reads.message(threadRootId),
    ])
    requireMayType(conversation, membership, this.#dependencies.clock.now())
    if (threadRootId === null) return
    if (root === undefined) throw notFound('message')
    requireThreadRoot(root, conversationId)
  }

  #begin(typist: Typist, connectionId: string | undefined): void {
    const key = keyOf(typist)
    const entry = this.#entries.get(key) ?? this.#add(key, typist)
    this.#setConnection(key, entry, connectionId)
    entry.setAt = this.#dependencies.clock.now()
    entry.expiresAt = performance.now() + typingMs
    this.#signals.request(key)
  }

  #add(key: string, typist: Typist): Entry {
    const entry: Entry = { typist, connectionId: undefined, setAt: 0, expiresAt: 0, isPublished: false }
    this.#entries.set(key, entry)
    addTo(this.#byConversation, typist.conversationId, key)
    return entry
  }

  #setConnection(key: string, entry: Entry, connectionId: string | undefined): void {
    if (entry.connectionId === connectionId) return
    if (entry.connectionId !== undefined) removeFrom(this.#byConnection, entry.connectionId, key)
    if (connectionId !== undefined) addTo(this.#byConnection, connectionId, key)
    entry.connectionId = connectionId
  }

  /** Ends it, and what is being decided. */
  #cancel(key: string): void {
    this.#decisions.cancel(key)
    this.#end(key)
  }

  /** The entry stays until its end is published. */
  #end(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#setConnection(key, entry, undefined)
    entry.expiresAt = 0
    if (entry.isPublished) this.#signals.request(key)
    else this.#remove(key)
  }

  #leave(conversationId: ConversationId, userId?: UserId): void {
    if (userId !== undefined) this.#decisions.cancel(keyOf({ conversationId, threadRootId: null, userId }))
    for (const key of [...(this.#byConversation.get(conversationId) ?? [])])
      if (userId === undefined || this.#entries.get(key)?.typist.userId === userId) this.#end(key)
  }

  #publish(key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry === undefined) return false
    const { typist } = entry
    const expiresAt = entry.expiresAt > performance.now() ? entry.setAt + typingMs : null
    this.#dependencies.bus.publish(
      { kind: 'conversation', conversationId: typist.conversationId },
      { key: { kind: 'typing', ...typist }, expiresAt },
    )
    entry.isPublished = true
    if (expiresAt === null) this.#remove(key)
    return true
  }

  /** Subscribers let it expire themselves. */
  #expire(): void {
    const now = performance.now()
    for (const [key, { expiresAt }] of this.#entries) if (expiresAt !== 0 && expiresAt <= now) this.#remove(key)
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#setConnection(key, entry, undefined)
    removeFrom(this.#byConversation, entry.typist.conversationId, key)
    this.#entries.delete(key)
  }
}

const keyOf = ({ conversationId, threadRootId, userId }: Typist): string =>
  signalKeyText({ kind: 'typing', conversationId, threadRootId, userId })

const addTo = <Key>(sets: Map<Key, Set<string>>, key: Key, value: string): void => {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set.add(value))
}

const removeFrom = <Key>(sets: Map<Key, Set<string>>, key: Key, value: string): void => {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}
