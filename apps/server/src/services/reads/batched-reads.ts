import type {
  CommitMark,
  ConversationId,
  ConversationViewer,
  Inbox,
  InboxChanges,
  InboxCheckpoint,
  LogMembership,
  ReactionKey,
  StoreReader,
  UserId,
} from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import { keysAtOnce } from './keys-at-once.ts'

/** The reads of single rows. */
export type RowReads = Pick<
  StoreReader,
  | 'users'
  | 'conversations'
  | 'messages'
  | 'memberships'
  | 'membershipsOf'
  | 'lastMessages'
  | 'reactionSummaries'
  | 'firstReactors'
  | 'reactionsOf'
  | 'heroes'
>

/** What several ask for at one time is read as one set. Nothing is remembered: whoever asks later reads anew. */
const gathered = <Key, Row, Text>(
  read: (keys: readonly Key[]) => Promise<readonly Row[]>,
  textOf: (key: Key) => Text,
  ofRow: (row: Row) => Text,
): ((keys: readonly Key[]) => Promise<readonly Row[]>) => {
  const loader = new DataLoader<Key, readonly Row[]>(
    async keys => {
      const rows = Map.groupBy(await read(keys), ofRow)
      return keys.map(key => rows.get(textOf(key)) ?? [])
    },
    { cache: false, maxBatchSize: keysAtOnce },
  )
  return async keys => (await Promise.all(keys.map(key => loader.load(key)))).flat()
}

const byId = <Id extends string, Row>(read: (ids: readonly Id[]) => Promise<readonly Row[]>, idOf: (row: Row) => Id) =>
  gathered<Id, Row, Id>(read, id => id, idOf)

const byPair = <Row extends ConversationViewer>(
  read: (pairs: readonly ConversationViewer[]) => Promise<readonly Row[]>,
) => {
  const textOf = ({ conversationId, userId }: ConversationViewer): string => `${conversationId} ${userId}`
  return gathered(read, textOf, textOf)
}

const reactionText = ({ messageId, userId }: Pick<ReactionKey, 'messageId' | 'userId'>): string =>
  `${messageId} ${userId}`

const placeText = ({ userId, since }: InboxCheckpoint): string => `${userId} ${since}`

/** Reads of the newest state for many at once, as sets over all who ask at one time. */
export class BatchedReads implements RowReads {
  readonly users: StoreReader['users']
  readonly conversations: StoreReader['conversations']
  readonly messages: StoreReader['messages']
  readonly memberships: StoreReader['memberships']
  readonly membershipsOf: StoreReader['membershipsOf']
  readonly lastMessages: StoreReader['lastMessages']
  readonly reactionSummaries: StoreReader['reactionSummaries']
  readonly firstReactors: StoreReader['firstReactors']
  readonly reactionsOf: StoreReader['reactionsOf']
  readonly heroes: StoreReader['heroes']
  readonly #heads: StoreReader['heads']
  readonly #logMemberships: StoreReader['logMemberships']
  readonly #inboxes: StoreReader['inboxes']
  readonly #inboxesSince: StoreReader['inboxesSince']

  constructor(reader: StoreReader) {
    this.users = byId(
      ids => reader.users(ids),
      row => row.id,
    )
    this.conversations = byId(
      ids => reader.conversations(ids),
      row => row.id,
    )
    this.messages = byId(
      ids => reader.messages(ids),
      row => row.id,
    )
    this.memberships = byId(
      ids => reader.memberships(ids),
      row => row.id,
    )
    this.membershipsOf = byPair(pairs => reader.membershipsOf(pairs))
    this.lastMessages = byId(
      ids => reader.lastMessages(ids),
      row => row.conversationId,
    )
    this.reactionSummaries = byId(
      ids => reader.reactionSummaries(ids),
      row => row.messageId,
    )
    this.firstReactors = byId(
      ids => reader.firstReactors(ids),
      row => row.messageId,
    )
    this.reactionsOf = gathered(keys => reader.reactionsOf(keys), reactionText, reactionText)
    this.heroes = (ids, exceptUserId) => reader.heroes(ids, exceptUserId)
    this.#heads = byId(
      ids => reader.heads(ids),
      row => row.conversationId,
    )
    this.#logMemberships = byPair(pairs => reader.logMemberships(pairs))
    this.#inboxes = byId(
      ids => reader.inboxes(ids),
      row => row.userId,
    )
    this.#inboxesSince = gathered(places => reader.inboxesSince(places), placeText, placeText)
  }

  /** The last sequence of a log; 0 where there is no such conversation. */
  async head(conversationId: ConversationId): Promise<number> {
    return (await this.#heads([conversationId]))[0]?.head ?? 0
  }

  /** Undefined where there is no such conversation. */
  async logMembership(conversationId: ConversationId, userId: UserId): Promise<LogMembership | undefined> {
    return (await this.#logMemberships([{ conversationId, userId }]))[0]
  }

  async inbox(userId: UserId): Promise<Inbox> {
    const [inbox] = await this.#inboxes([userId])
    if (inbox === undefined) throw new TypeError('the store left an inbox out')
    return inbox
  }

  /** Undefined for a mark that is none, or one of a later time. */
  async inboxSince(userId: UserId, since: CommitMark): Promise<InboxChanges | undefined> {
    return (await this.#inboxesSince([{ userId, since }]))[0]
  }
}
