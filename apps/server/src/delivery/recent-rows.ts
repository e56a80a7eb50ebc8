import type {
  FirstReactors,
  LogEvent,
  Message,
  MessageId,
  ReactionSummary,
  StoreReader,
} from '@cpc-messenger/messenger'
import type { GatheredReads, RowReads } from '../services/gathered-reads.ts'
import type { RecentUsers } from '../services/recent-users.ts'
import type { ReadReactions } from './heard-reactions.ts'
import type { Topic } from './topic.ts'

/** The rows that an answer about one event needs: from memory where they are there, and from the store where they are not. */
export class RecentRows implements RowReads {
  readonly conversations: StoreReader['conversations']
  readonly memberships: StoreReader['memberships']
  readonly membershipsOf: StoreReader['membershipsOf']
  readonly lastMessages: StoreReader['lastMessages']
  readonly reactionsOf: StoreReader['reactionsOf']
  readonly heroes: StoreReader['heroes']
  readonly users: StoreReader['users']
  readonly #reads: GatheredReads
  readonly #event: LogEvent
  readonly #topic: Topic | undefined

  /** `topic` is the event's. Without `users`, users are read each time. */
  constructor(event: LogEvent, reads: GatheredReads, topic?: Topic, users?: RecentUsers) {
    const { conversations, memberships, membershipsOf, lastMessages, reactionsOf, heroes } = reads
    this.conversations = conversations
    this.memberships = memberships
    this.membershipsOf = membershipsOf
    this.lastMessages = lastMessages
    this.reactionsOf = reactionsOf
    this.heroes = heroes
    this.users = users === undefined ? reads.users : ids => users.read(ids, reads.users)
    this.#reads = reads
    this.#event = event
    this.#topic = topic
  }

  async messages(ids: readonly MessageId[]): Promise<readonly Message[]> {
    const topic = this.#topic
    if (topic === undefined) return this.#reads.messages(ids)
    const { head } = topic
    const known = ids.flatMap(id => topic.message(id) ?? [])
    const missing = ids.filter(id => topic.message(id) === undefined)
    if (missing.length === 0) return known
    const read = await this.#reads.messages(missing)
    if (this.#remembered(topic))
      for (const message of read) if (message.conversationId === topic.conversationId) topic.keepMessage(message, head)
    return [...known, ...read]
  }

  reactionSummaries(ids: readonly MessageId[]): Promise<readonly ReactionSummary[]> {
    return this.#reactions(
      ids,
      (topic, id) => topic.reactions(id),
      missing => this.#reads.reactionSummaries(missing),
      summaries => ({ summaries }),
    )
  }

  firstReactors(ids: readonly MessageId[]): Promise<readonly FirstReactors[]> {
    return this.#reactions(
      ids,
      (topic, id) => topic.reactors(id),
      missing => this.#reads.firstReactors(missing),
      reactors => ({ reactors }),
    )
  }

  async #reactions<Row extends { readonly messageId: MessageId }>(
    ids: readonly MessageId[],
    recall: (topic: Topic, id: MessageId) => readonly Row[] | undefined,
    read: (missing: readonly MessageId[]) => Promise<readonly Row[]>,
    keeping: (rows: readonly Row[]) => ReadReactions,
  ): Promise<readonly Row[]> {
    const topic = this.#topic
    if (topic === undefined) return read(ids)
    const known = ids.flatMap(id => recall(topic, id) ?? [])
    const missing = ids.filter(id => recall(topic, id) === undefined)
    if (missing.length === 0) return known
    const messages = missing.flatMap(id => topic.message(id) ?? [])
    const rows = await read(missing)
    for (const message of messages)
      topic.keepReactions(message, keeping(rows.filter(({ messageId }) => messageId === message.id)))
    return [...known, ...rows]
  }

  /** What a replay from long ago needs is not kept. */
  #remembered({ rememberedFrom }: Topic): boolean {
    return this.#event.sequence > rememberedFrom
  }
}
