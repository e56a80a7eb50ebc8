import type {
  CommitMark,
  ConversationId,
  ConversationReader,
  ConversationUser,
  InboxChanges,
  InboxCheckpoint,
  InboxReader,
  LogMembership,
  LogReader,
  MemberReader,
  MessageId,
  MessageReader,
  ReactionKey,
  ReactionReader,
  StoredInbox,
  StoreReader,
  ThreadReader,
  ThreadUser,
  UserId,
  UserReader,
  ViewerStateReader,
} from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import { keysAtOnce } from './keys-at-once.ts'

/** The reads of single rows. */
export interface RowReads {
  readonly users: Pick<UserReader, 'byIds'>
  readonly conversations: Pick<ConversationReader, 'byIds'>
  readonly messages: Pick<MessageReader, 'byIds' | 'lastOf'>
  readonly reactions: Pick<ReactionReader, 'summaries' | 'firstReactors' | 'byPairs'>
  readonly members: Pick<MemberReader, 'byIds' | 'byPairs' | 'heroes'>
  readonly threads: Pick<ThreadReader, 'byRoots' | 'states' | 'unread'>
  readonly viewerStates: Pick<ViewerStateReader, 'byPairs' | 'unread' | 'firstUnread'>
}

/** Combines concurrent calls into one read. Nothing is cached: a later call reads again. */
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

const byKey = <Key extends string, Row>(
  read: (keys: readonly Key[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => Key,
) => gathered<Key, Row, Key>(read, key => key, keyOf)

const byId = <Id extends string, Row extends { readonly id: Id }>(
  read: (ids: readonly Id[]) => Promise<readonly Row[]>,
) => byKey(read, row => row.id)

const byPair = <Row extends ConversationUser>(
  read: (pairs: readonly ConversationUser[]) => Promise<readonly Row[]>,
) => {
  const textOf = ({ conversationId, userId }: ConversationUser): string => `${conversationId} ${userId}`
  return gathered(read, textOf, textOf)
}

const reactionText = ({ messageId, userId }: Pick<ReactionKey, 'messageId' | 'userId'>): string =>
  `${messageId} ${userId}`

const threadText = ({ rootId, userId }: ThreadUser): string => `${rootId} ${userId}`

const requestText = ({ userId, since }: InboxCheckpoint): string => `${userId} ${since}`

/** Reads of the newest state. Concurrent calls are combined into one statement. */
export class BatchedReads implements RowReads {
  readonly users: RowReads['users']
  readonly conversations: RowReads['conversations']
  readonly messages: RowReads['messages']
  readonly reactions: RowReads['reactions']
  readonly members: RowReads['members']
  readonly threads: RowReads['threads']
  readonly viewerStates: RowReads['viewerStates']
  readonly #heads: LogReader['heads']
  readonly #logMemberships: LogReader['memberships']
  readonly #inboxes: InboxReader['ofUsers']
  readonly #inboxChanges: InboxReader['changesSince']

  constructor({ users, conversations, messages, reactions, members, log, inbox, threads, viewerStates }: StoreReader) {
    const byConversation = <Row extends { readonly conversationId: ConversationId }>(
      read: (ids: readonly ConversationId[]) => Promise<readonly Row[]>,
    ) => byKey(read, row => row.conversationId)
    const byMessage = <Row extends { readonly messageId: MessageId }>(
      read: (ids: readonly MessageId[]) => Promise<readonly Row[]>,
    ) => byKey(read, row => row.messageId)
    this.users = { byIds: byId(ids => users.byIds(ids)) }
    this.conversations = { byIds: byId(ids => conversations.byIds(ids)) }
    this.messages = {
      byIds: byId(ids => messages.byIds(ids)),
      lastOf: byConversation(ids => messages.lastOf(ids)),
    }
    this.reactions = {
      summaries: byMessage(ids => reactions.summaries(ids)),
      firstReactors: byMessage(ids => reactions.firstReactors(ids)),
      byPairs: gathered(pairs => reactions.byPairs(pairs), reactionText, reactionText),
    }
    this.members = {
      byIds: byId(ids => members.byIds(ids)),
      byPairs: byPair(pairs => members.byPairs(pairs)),
      heroes: (ids, exceptUserId) => members.heroes(ids, exceptUserId),
    }
    this.threads = {
      byRoots: byKey(
        ids => threads.byRoots(ids),
        row => row.rootId,
      ),
      states: gathered(pairs => threads.states(pairs), threadText, threadText),
      unread: gathered(pairs => threads.unread(pairs), threadText, threadText),
    }
    this.viewerStates = {
      byPairs: byPair(pairs => viewerStates.byPairs(pairs)),
      unread: byPair(pairs => viewerStates.unread(pairs)),
      firstUnread: unread => viewerStates.firstUnread(unread),
    }
    this.#heads = byConversation(ids => log.heads(ids))
    this.#logMemberships = byPair(pairs => log.memberships(pairs))
    this.#inboxes = byKey(
      ids => inbox.ofUsers(ids),
      row => row.userId,
    )
    this.#inboxChanges = gathered(requests => inbox.changesSince(requests), requestText, requestText)
  }

  /** The head of a log; 0 if there is no such conversation. */
  async head(conversationId: ConversationId): Promise<number> {
    return (await this.#heads([conversationId]))[0]?.head ?? 0
  }

  /** Undefined if there is no such conversation. */
  async logMembership(conversationId: ConversationId, userId: UserId): Promise<LogMembership | undefined> {
    return (await this.#logMemberships([{ conversationId, userId }]))[0]
  }

  async inbox(userId: UserId): Promise<StoredInbox> {
    const [inbox] = await this.#inboxes([userId])
    if (inbox === undefined) throw new TypeError('the store did not return an inbox')
    return inbox
  }

  /** Undefined if the mark is not valid or of a later time. */
  async inboxSince(userId: UserId, since: CommitMark): Promise<InboxChanges | undefined> {
    return (await this.#inboxChanges([{ userId, since }]))[0]
  }
}
