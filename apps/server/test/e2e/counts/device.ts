import { type Client, createClient } from 'graphql-ws'
import WebSocket from 'ws'
import type { Address } from '../../support/address.ts'
import { ask } from '../server/graphql-request.ts'
import { DeviceThreads } from './device-threads.ts'
import {
  conversationQuery,
  inboxDocument,
  listQuery,
  type OwnEvent,
  type OwnState,
  type OwnThread,
  presenceDocument,
  signalsDocument,
} from './own-state.ts'

interface Kept {
  state: OwnState
  /** Counts what was learned of the conversation: an answer to a query from before is not the newest. */
  learned: number
}

/**
 * One device of a user: it queries its conversations once, applies events and signals, and queries a conversation again only
 * when an event or a signal says that it has changed in a way that the device cannot compute.
 */
export class Device implements AsyncDisposable {
  readonly userId: string
  readonly #server: Address
  readonly #token: string
  /** Users whose presence is watched. */
  readonly #others: readonly string[]
  readonly #kept = new Map<string, Kept>()
  #client: Client | undefined
  /** What was received before the first answer. */
  #waiting: (() => void)[] | undefined
  #signals = 0
  readonly #failures: unknown[] = []
  readonly threads: DeviceThreads
  /** The presence of each user, as it was received last. */
  readonly presences = new Map<string, unknown>()

  constructor(server: Address, userId: string, token: string, others: readonly string[] = []) {
    this.#others = others
    this.#server = server
    this.userId = userId
    this.#token = token
    this.threads = new DeviceThreads(
      userId,
      (query, variables) => this.ask(query, variables),
      error => this.#failures.push(error),
    )
  }

  /** What the device shows, by conversation. */
  get states(): ReadonlyMap<string, OwnState> {
    return new Map([...this.#kept].map(([id, { state }]) => [id, state]))
  }

  get failures(): readonly unknown[] {
    return this.#failures
  }

  /** Subscribes, and then queries. `probe` changes something private to the user, until the device receives a signal. */
  async connect(probe: () => Promise<void>): Promise<void> {
    const client = createClient({
      url: `${this.#server.webSocketUrl}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.#token}` },
      retryAttempts: 0,
    })
    this.#client = client
    this.#waiting = []
    const live = Promise.withResolvers<void>()
    const before = this.#signals
    this.#listen<{ readonly inboxEvents: OwnEvent }>(client, inboxDocument, ({ inboxEvents }) => {
      if (inboxEvents.__typename === 'StreamPosition') live.resolve()
      else this.#receive(() => this.#event(inboxEvents))
    })
    this.#listen<{ readonly viewerSignals: { readonly conversation?: OwnState; readonly thread?: OwnThread } }>(
      client,
      signalsDocument,
      ({ viewerSignals: { conversation, thread } }) => {
        this.#signals += 1
        if (conversation !== undefined) this.#receive(() => this.#signal(conversation))
        if (thread !== undefined) this.#receive(() => this.threads.signal(thread))
      },
    )
    this.presences.clear()
    this.#listen<{ readonly presence: { readonly user: { readonly id: string; readonly presence: unknown } } }>(
      client,
      presenceDocument,
      ({ presence: { user } }) => void this.presences.set(user.id, user.presence),
      { ids: this.#others },
    )
    while (this.#signals === before) {
      await probe()
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    await live.promise
    await this.#load()
  }

  async disconnect(): Promise<void> {
    await this.#client?.dispose()
    this.#client = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disconnect()
  }

  /** The device's own user asks. */
  ask<Data>(query: string, variables: object = {}): Promise<Data> {
    return ask<Data>(this.#server.url, this.#token, query, { ...variables })
  }

  async #load(): Promise<void> {
    const { conversations } = await this.ask<{
      conversations: { readonly edges: readonly { readonly node: OwnState }[] }
    }>(listQuery)
    this.#kept.clear()
    for (const { node } of conversations.edges) this.#kept.set(node.id, { state: node, learned: 0 })
    await this.threads.load()
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const apply of waiting) apply()
  }

  #listen<Data>(client: Client, query: string, receive: (data: Data) => void, variables: object = {}): void {
    client.subscribe<Data>(
      { query, variables: { ...variables } },
      {
        next: ({ data, errors }) => {
          if (errors !== undefined) this.#failures.push(errors)
          else if (data != null && client === this.#client) receive(data)
        },
        error: error => client === this.#client && this.#failures.push(error),
        complete: () => undefined,
      },
    )
  }

  #receive(apply: () => void): void {
    if (this.#waiting === undefined) apply()
    else this.#waiting.push(apply)
  }

  #signal(conversation: OwnState): void {
    const kept = this.#kept.get(conversation.id)
    if (kept !== undefined) kept.learned += 1
    if (kept === undefined || conversation.lastSequence < kept.state.lastSequence) this.#fetch(conversation.id)
    else this.#put(conversation)
  }

  #event(event: OwnEvent): void {
    const { __typename: type, conversationId, sequence } = event
    const kept = this.#kept.get(conversationId)
    this.threads.event(event)
    if (event.membership?.user.id === this.userId) {
      this.#fetch(conversationId)
      this.threads.joined()
    } else if (type === 'MemberLeft' && event.user?.id === this.userId) {
      this.#kept.delete(conversationId)
      this.threads.left(conversationId)
    } else if (kept !== undefined && sequence > kept.state.lastSequence) {
      kept.state = { ...kept.state, lastSequence: sequence, ...this.#counted(kept.state, event) }
      if (type !== 'MessageUpdated' && type !== 'MessageDeleted') return
      kept.learned += 1
      this.#fetch(conversationId)
    }
  }

  /** A new message of another user is unread, if it is in the timeline. */
  #counted(state: OwnState, { __typename: type, message }: OwnEvent): Partial<OwnState> {
    if (type !== 'MessageCreated' || message === undefined || message.author?.id === this.userId) return {}
    const { content, threadRoot, alsoInConversation } = message
    if (content.__typename !== 'TextContent' || (threadRoot !== null && !alsoInConversation)) return {}
    const isMention = content.mentionsEveryone || content.mentions?.some(({ id }) => id === this.userId)
    return {
      unreadCount: state.unreadCount + 1,
      unreadMentionCount: state.unreadMentionCount + (isMention ? 1 : 0),
    }
  }

  #fetch(id: string): void {
    void this.#read(id).catch(error => this.#failures.push(error))
  }

  async #read(id: string): Promise<void> {
    for (;;) {
      const learned = this.#kept.get(id)?.learned
      const { conversation } = await this.ask<{ conversation: OwnState | null }>(conversationQuery, { id })
      const now = this.#kept.get(id)
      if (conversation === null || conversation.viewerMembership === null) return void this.#kept.delete(id)
      if (now?.learned === learned && conversation.lastSequence >= (now?.state.lastSequence ?? 0))
        return this.#put(conversation)
    }
  }

  #put(state: OwnState): void {
    if (state.viewerMembership === null) this.#kept.delete(state.id)
    else this.#kept.set(state.id, { state, learned: (this.#kept.get(state.id)?.learned ?? 0) + 1 })
  }
}
