import { type OwnEvent, type OwnThread, threadQuery, threadsQuery } from './own-state.ts'

type Ask = <Data>(query: string, variables?: object) => Promise<Data>

/** What two states of a thread have in common if they are equal: the state of the conversation may differ. */
export const comparable = ({ conversation, ...thread }: OwnThread) => ({ ...thread, conversationId: conversation.id })

/** The threads that the user follows, as the server has them now. */
export const freshThreads = async (ask: Ask): Promise<readonly OwnThread[]> => {
  const { viewer } = await ask<{
    viewer: { readonly threads: { readonly edges: readonly { readonly node: OwnThread }[] } }
  }>(threadsQuery)
  return viewer.threads.edges.map(({ node }) => node)
}

/** The threads on one device, kept by events and signals. A thread is queried again only if an event does not say how it has changed. */
export class DeviceThreads {
  readonly #userId: string
  readonly #ask: Ask
  readonly #failed: (error: unknown) => void
  readonly #kept = new Map<string, OwnThread>()
  /** Counts what was learned of a thread: an answer to a query from before is not the newest. */
  readonly #learned = new Map<string, number>()

  constructor(userId: string, ask: Ask, failed: (error: unknown) => void) {
    this.#userId = userId
    this.#ask = ask
    this.#failed = failed
  }

  get states(): ReadonlyMap<string, ReturnType<typeof comparable>> {
    return new Map([...this.#kept].map(([id, thread]) => [id, comparable(thread)]))
  }

  async load(): Promise<void> {
    const threads = await freshThreads(this.#ask)
    this.#kept.clear()
    for (const thread of threads) this.#kept.set(thread.root.id, thread)
  }

  signal(thread: OwnThread): void {
    const { id } = thread.root
    this.#learn(id)
    const known = this.#kept.get(id)
    if (known !== undefined && thread.conversation.lastSequence < known.conversation.lastSequence) this.#fetch(id)
    else this.#put(thread)
  }

  event({ __typename: type, sequence, message }: OwnEvent): void {
    const id = message?.threadRoot?.id
    const thread = id === undefined ? undefined : this.#kept.get(id)
    if (id === undefined || message === undefined || thread === undefined) return
    if (sequence <= thread.conversation.lastSequence) return
    this.#learn(id)
    if (type !== 'MessageCreated') this.#fetch(id)
    else
      this.#kept.set(id, {
        ...this.#replied(thread, message),
        conversation: { ...thread.conversation, lastSequence: sequence },
      })
  }

  /** The user is not a member any more. */
  left(conversationId: string): void {
    for (const [id, { conversation }] of this.#kept) if (conversation.id === conversationId) this.#kept.delete(id)
  }

  /** The user is a member again: the threads of before are followed again. */
  joined(): void {
    void freshThreads(this.#ask)
      .then(threads => {
        for (const { root } of threads) this.#fetch(root.id)
      })
      .catch(this.#failed)
  }

  #replied(thread: OwnThread, { author, alsoInConversation, content }: NonNullable<OwnEvent['message']>): OwnThread {
    const replied = { ...thread, replyCount: thread.replyCount + 1 }
    if (alsoInConversation || author?.id === this.#userId) return replied
    const isMention = content.mentionsEveryone || content.mentions?.some(({ id }) => id === this.#userId)
    return {
      ...replied,
      unreadCount: thread.unreadCount + 1,
      unreadMentionCount: thread.unreadMentionCount + (isMention ? 1 : 0),
    }
  }

  #learn(id: string): void {
    this.#learned.set(id, (this.#learned.get(id) ?? 0) + 1)
  }

  #fetch(id: string): void {
    void this.#read(id).catch(this.#failed)
  }

  async #read(id: string): Promise<void> {
    for (;;) {
      const learned = this.#learned.get(id)
      const { message } = await this.#ask<{ message: { readonly thread: OwnThread | null } | null }>(threadQuery, {
        id,
      })
      const known = this.#kept.get(id)
      const thread = message?.thread
      if (thread == null) return
      if (this.#learned.get(id) !== learned) continue
      if (thread.conversation.lastSequence >= (known?.conversation.lastSequence ?? 0)) return this.#put(thread)
    }
  }

  #put(thread: OwnThread): void {
    this.#learn(thread.root.id)
    if (thread.viewerFollows) this.#kept.set(thread.root.id, thread)
    else this.#kept.delete(thread.root.id)
  }
}
