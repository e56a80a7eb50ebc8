import type { ConversationId, MemberReader, Presence, UserId } from '@cpc-messenger/messenger'
import type { Logger } from '../../services/telemetry/logger.ts'
import type { PresenceListener, PresenceListeners } from './presence-listeners.ts'
import { PresenceState } from './presence-state.ts'
import type { SignalItem } from './signal-item.ts'
import { maxMembersOfPresence } from './signal-sources.ts'

const pageSize = 250

interface MemberPresencesDependencies {
  readonly members: Pick<MemberReader, 'page'>
  readonly presences: PresenceListeners
  readonly log: Logger
  /** 5,000 by default. */
  readonly maxMembers?: number
}

/**
 * The presence of a conversation's members. Nothing is read before it is asked for; then members are followed through the
 * conversation's log. In a conversation with too many members no presence is sent.
 */
export class MemberPresences implements PresenceListener, Disposable {
  readonly #conversationId: ConversationId
  readonly #dependencies: MemberPresencesDependencies
  readonly #members = new Set<UserId>()
  readonly #state: PresenceState
  #loading: Promise<void> | undefined
  /** Changes of members that were received while they are being read; undefined at other times. */
  #received: Map<UserId, boolean> | undefined
  /** There are too many members: none is followed until they are read again. */
  #isTooLarge = false
  #closed = false

  constructor(
    conversationId: ConversationId,
    dependencies: MemberPresencesDependencies,
    send: (item: SignalItem) => void,
  ) {
    this.#conversationId = conversationId
    this.#dependencies = dependencies
    this.#state = new PresenceState(send)
  }

  /** Resolves once the presence of all members is known. Rejects if they cannot be read; a later call reads again. */
  load(): Promise<void> {
    this.#loading ??= this.#read().catch(error => {
      this.#loading = undefined
      throw error
    })
    return this.#loading
  }

  shown(): Iterable<SignalItem> {
    return this.#state.shown()
  }

  joined(userId: UserId): void {
    if (this.#received !== undefined) this.#received.set(userId, true)
    else if (this.#loading !== undefined && !this.#isTooLarge)
      void this.#add([userId]).catch(error => this.#failed(error))
  }

  left(userId: UserId): void {
    this.#received?.set(userId, false)
    this.#remove(userId)
  }

  /** Members may have changed without an event. */
  missed(): void {
    if (this.#loading === undefined || this.#closed) return
    this.#loading = this.#loading.then(() => this.#read()).catch(error => this.#failed(error))
  }

  presenceChanged(presence: Presence): void {
    if (this.#members.has(presence.userId)) this.#state.set(presence)
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#clear()
    this.#state[Symbol.dispose]()
  }

  get #maxMembers(): number {
    return this.#dependencies.maxMembers ?? maxMembersOfPresence
  }

  async #read(): Promise<void> {
    if (this.#closed) return
    const received = new Map<UserId, boolean>()
    this.#received = received
    try {
      const read = await this.#readMembers()
      this.#isTooLarge = read === undefined
      if (read === undefined) return this.#clear()
      const isMember = (userId: UserId): boolean => received.get(userId) ?? read.has(userId)
      for (const userId of [...this.#members]) if (!isMember(userId)) this.#remove(userId)
      const added = [...read, ...received.keys()].filter(userId => isMember(userId) && !this.#members.has(userId))
      await this.#add(added)
    } finally {
      this.#received = undefined
    }
  }

  /** Undefined if there are too many. */
  async #readMembers(): Promise<ReadonlySet<UserId> | undefined> {
    const userIds = new Set<UserId>()
    for (let after: number | undefined = 0; after !== undefined; ) {
      const request = { conversationId: this.#conversationId, after, limit: pageSize }
      const page = await this.#dependencies.members.page(request)
      for (const { userId } of page) userIds.add(userId)
      if (userIds.size > this.#maxMembers) return undefined
      after = page.length < pageSize ? undefined : page.at(-1)?.joinedSequence
    }
    return userIds
  }

  async #add(userIds: readonly UserId[]): Promise<void> {
    if (this.#members.size + userIds.length > this.#maxMembers) {
      this.#isTooLarge = true
      return this.#clear()
    }
    const { presences } = this.#dependencies
    for (const userId of userIds) {
      if (this.#closed) return
      this.#members.add(userId)
      presences.add(userId, this)
    }
    for (let start = 0; start < userIds.length; start += pageSize)
      // A change that was received meanwhile is newer.
      for (const presence of await presences.of(userIds.slice(start, start + pageSize)))
        if (!this.#state.has(presence.userId)) this.presenceChanged(presence)
  }

  #remove(userId: UserId): void {
    if (!this.#members.delete(userId)) return
    this.#dependencies.presences.remove(userId, this)
    this.#state.delete(userId)
  }

  #clear(): void {
    for (const userId of this.#members) this.#dependencies.presences.remove(userId, this)
    this.#members.clear()
    this.#state.clear()
  }

  #failed(error: unknown): void {
    this.#dependencies.log.warn({ err: error }, 'reading the presence of members failed')
  }
}
