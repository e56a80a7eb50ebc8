import type { Message, MessageId, MessageStore, Snapshot, StoreReader } from '@cpc-messenger/messenger'
import type { ReadAllowance } from './read-allowance.ts'

type Request<Name extends keyof StoreReader> = Parameters<StoreReader[Name]>

/** Messages that are read by their ids at one time. */
const messagesAtOnce = 100

const itself = (messages: readonly Message[]): readonly Message[] => messages

export interface LazySnapshotOptions {
  readonly allowance: ReadAllowance
  /** A permit for the snapshot, held as long as it is. */
  readonly acquire: () => Promise<Disposable> | Disposable
  /** Runs before the first read; where it rejects, so do all reads but those of users. */
  readonly guard?: ((snapshot: Snapshot) => Promise<unknown>) | undefined
}

interface Opened {
  readonly snapshot: Snapshot
  readonly permit: Disposable
}

/**
 * A snapshot that is asked for at the first read, with a permit for it: an operation that reads nothing holds none. A guard
 * decides, by the same snapshot, whether anything but users may be read from it.
 */
export class LazySnapshot implements Snapshot {
  readonly #store: Pick<MessageStore, 'snapshot'>
  readonly #allowance: ReadAllowance
  readonly #acquire: LazySnapshotOptions['acquire']
  readonly #guard: LazySnapshotOptions['guard']
  #opened: Promise<Opened> | undefined
  #admitted: Promise<Snapshot> | undefined
  #disposed = false

  constructor(store: Pick<MessageStore, 'snapshot'>, { allowance, acquire, guard }: LazySnapshotOptions) {
    this.#store = store
    this.#allowance = allowance
    this.#acquire = acquire
    this.#guard = guard
  }

  async users(...request: Request<'users'>) {
    return (await this.#openUnguarded()).users(...request)
  }

  async conversations(...request: Request<'conversations'>) {
    return (await this.#open()).conversations(...request)
  }

  async conversationByKey(...request: Request<'conversationByKey'>) {
    return (await this.#open()).conversationByKey(...request)
  }

  async messages(ids: readonly MessageId[]) {
    const snapshot = await this.#open()
    const messages: Message[] = []
    for (let start = 0; start < ids.length; start += messagesAtOnce) {
      const some = ids.slice(start, start + messagesAtOnce)
      messages.push(...(await this.#allowance.read(() => snapshot.messages(some), itself)))
    }
    return messages
  }

  async memberships(...request: Request<'memberships'>) {
    return (await this.#open()).memberships(...request)
  }

  async membershipsOf(...request: Request<'membershipsOf'>) {
    return (await this.#open()).membershipsOf(...request)
  }

  async timeline(...request: Request<'timeline'>) {
    const snapshot = await this.#open()
    return this.#allowance.read(() => snapshot.timeline(...request), itself)
  }

  async lastMessages(...request: Request<'lastMessages'>) {
    const snapshot = await this.#open()
    return this.#allowance.read(() => snapshot.lastMessages(...request), itself)
  }

  async reactionSummaries(...request: Request<'reactionSummaries'>) {
    return (await this.#open()).reactionSummaries(...request)
  }

  async firstReactors(...request: Request<'firstReactors'>) {
    return (await this.#open()).firstReactors(...request)
  }

  async reactionsOf(...request: Request<'reactionsOf'>) {
    return (await this.#open()).reactionsOf(...request)
  }

  async reactors(...request: Request<'reactors'>) {
    return (await this.#open()).reactors(...request)
  }

  async members(...request: Request<'members'>) {
    return (await this.#open()).members(...request)
  }

  async searchMembers(...request: Request<'searchMembers'>) {
    return (await this.#open()).searchMembers(...request)
  }

  async heroes(...request: Request<'heroes'>) {
    return (await this.#open()).heroes(...request)
  }

  async conversationsOf(...request: Request<'conversationsOf'>) {
    return (await this.#open()).conversationsOf(...request)
  }

  async channels(...request: Request<'channels'>) {
    return (await this.#open()).channels(...request)
  }

  async searchUsers(...request: Request<'searchUsers'>) {
    return (await this.#open()).searchUsers(...request)
  }

  async logPage(...request: Request<'logPage'>) {
    const snapshot = await this.#open()
    return this.#allowance.read(
      () => snapshot.logPage(...request),
      ({ rows }) => rows.messages,
    )
  }

  async logMemberships(...request: Request<'logMemberships'>) {
    return (await this.#open()).logMemberships(...request)
  }

  async heads(...request: Request<'heads'>) {
    return (await this.#open()).heads(...request)
  }

  async mark() {
    return (await this.#open()).mark()
  }

  async inboxMark(...request: Request<'inboxMark'>) {
    return (await this.#open()).inboxMark(...request)
  }

  async inboxes(...request: Request<'inboxes'>) {
    return (await this.#open()).inboxes(...request)
  }

  async inboxesSince(...request: Request<'inboxesSince'>) {
    return (await this.#open()).inboxesSince(...request)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    const known = await opened.catch(() => undefined)
    if (known === undefined) return
    using _permit = known.permit
    await known.snapshot[Symbol.asyncDispose]()
  }

  #open(): Promise<Snapshot> {
    const guard = this.#guard
    if (guard === undefined) return this.#openUnguarded()
    this.#admitted ??= this.#openUnguarded().then(async snapshot => {
      await guard(snapshot)
      return snapshot
    })
    return this.#admitted
  }

  async #openUnguarded(): Promise<Snapshot> {
    if (this.#disposed) throw new TypeError('the operation is over')
    this.#opened ??= this.#begin()
    return (await this.#opened).snapshot
  }

  async #begin(): Promise<Opened> {
    const permit = await this.#acquire()
    try {
      return { snapshot: await this.#store.snapshot(), permit }
    } catch (error) {
      permit[Symbol.dispose]()
      throw error
    }
  }
}
