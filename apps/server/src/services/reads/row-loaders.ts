import type {
  Conversation,
  ConversationId,
  FirstReactors,
  Membership,
  MembershipId,
  Message,
  MessageId,
  ReactionKey,
  ReactionSummary,
  Thread,
  ThreadState,
  ThreadUnread,
  ThreadUser,
  Unread,
  User,
  UserId,
  ViewerState,
} from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import type { RowReads } from './batched-reads.ts'
import { keysAtOnce } from './keys-at-once.ts'

interface OfUser {
  readonly conversationId: ConversationId
  readonly userId: UserId
}

const byId = <Id extends string, Row extends { readonly id: Id }>(
  load: (ids: readonly Id[]) => Promise<readonly Row[]>,
): DataLoader<Id, Row | undefined> =>
  new DataLoader<Id, Row | undefined>(
    async ids => {
      const rows = new Map((await load(ids)).map(row => [row.id, row]))
      return ids.map(id => rows.get(id))
    },
    { maxBatchSize: keysAtOnce },
  )

const reactionText = ({ messageId, userId }: Pick<ReactionKey, 'messageId' | 'userId'>): string =>
  `${messageId} ${userId}`

const userText = ({ conversationId, userId }: OfUser): string => `${conversationId} ${userId}`

/** Groups the keys of a turn by user: the viewer's own rows are loaded for one user at a time. */
const perUser = async <Key extends { readonly userId: UserId }, Row>(
  keys: readonly Key[],
  load: (userId: UserId, keys: readonly Key[]) => Promise<readonly Row[]>,
): Promise<ReadonlyMap<UserId, readonly Row[]>> => {
  const groups = Map.groupBy(keys, key => key.userId)
  return new Map(
    await Promise.all([...groups].map(async ([userId, group]) => [userId, await load(userId, group)] as const)),
  )
}

/** Combines the single rows that are requested in one tick of the event loop into one query for each type. */
export class RowLoaders {
  readonly user: DataLoader<UserId, User | undefined>
  /** A user that must be there. */
  readonly storedUser: (id: UserId) => User | Promise<User>
  readonly conversation: (id: ConversationId) => Conversation | undefined | Promise<Conversation | undefined>
  readonly message: DataLoader<MessageId, Message | undefined>
  readonly membership: DataLoader<MembershipId, Membership | undefined>
  readonly membershipOf: DataLoader<OfUser, Membership | undefined, string>
  readonly lastMessage: DataLoader<ConversationId, Message | undefined>
  readonly reactions: (id: MessageId) => readonly ReactionSummary[] | Promise<readonly ReactionSummary[]>
  readonly firstReactors: (id: MessageId) => readonly FirstReactors[] | Promise<readonly FirstReactors[]>
  /** Reading the first reactors costs no more than reading one user's reactions. */
  readonly usesFirstReactors: boolean
  readonly reactionsOf: DataLoader<
    { readonly messageId: MessageId; readonly userId: UserId },
    ReadonlySet<string>,
    string
  >
  readonly heroes: DataLoader<OfUser, readonly UserId[], string>
  readonly thread: (rootId: MessageId) => Thread | undefined | Promise<Thread | undefined>
  readonly threadState: DataLoader<ThreadUser, ThreadState | undefined, string>
  readonly threadUnread: DataLoader<ThreadUser, ThreadUnread | undefined, string>
  readonly viewerState: DataLoader<OfUser, ViewerState | undefined, string>
  readonly unread: DataLoader<OfUser, Unread | undefined, string>
  /** By what is unread of whose timeline. */
  readonly firstUnread: DataLoader<Unread, Message | undefined, string>

  constructor(reader: RowReads, { usesFirstReactors = false } = {}) {
    this.usesFirstReactors = usesFirstReactors
    this.user = byId(ids => reader.users.byIds(ids))
    this.storedUser = cached(async id => requireStored(await this.user.load(id)))
    const conversations = byId<ConversationId, Conversation>(ids => reader.conversations.byIds(ids))
    this.conversation = cached(id => conversations.load(id))
    this.message = byId(ids => reader.messages.byIds(ids))
    this.membership = byId(ids => reader.members.byIds(ids))
    this.membershipOf = ofUsers(pairs => reader.members.byPairs(pairs))
    this.viewerState = ofUsers(pairs => reader.viewerStates.byPairs(pairs))
    this.unread = ofUsers(pairs => reader.viewerStates.unread(pairs))
    this.firstUnread = new DataLoader<Unread, Message | undefined, string>(
      async keys => {
        const found = await perUser(keys, (_userId, group) => reader.viewerStates.firstUnread(group))
        return keys.map(({ conversationId, userId }) =>
          found.get(userId)?.find(message => message.conversationId === conversationId),
        )
      },
      { cacheKeyFn: userText, maxBatchSize: keysAtOnce },
    )
    this.lastMessage = new DataLoader(
      async ids => {
        const rows = new Map((await reader.messages.lastOf(ids)).map(row => [row.conversationId, row]))
        return ids.map(id => rows.get(id))
      },
      { maxBatchSize: keysAtOnce },
    )
    this.reactions = ofMessages(ids => reader.reactions.summaries(ids))
    this.firstReactors = ofMessages(ids => reader.reactions.firstReactors(ids))
    this.reactionsOf = new DataLoader(
      async keys => {
        const rows = Map.groupBy(await reader.reactions.byPairs(keys), reactionText)
        return keys.map(key => new Set(rows.get(reactionText(key))?.map(row => row.emoji)))
      },
      { cacheKeyFn: reactionText, maxBatchSize: keysAtOnce },
    )
    const threads = new DataLoader<MessageId, Thread | undefined>(
      async ids => {
        const rows = new Map((await reader.threads.byRoots(ids)).map(row => [row.rootId, row]))
        return ids.map(id => rows.get(id))
      },
      { maxBatchSize: keysAtOnce },
    )
    this.thread = cached(id => threads.load(id))
    this.threadState = ofThreadUsers(pairs => reader.threads.states(pairs))
    this.threadUnread = ofThreadUsers(pairs => reader.threads.unread(pairs))
    this.heroes = new DataLoader(
      async keys => {
        const rows = await perUser(keys, (userId, group) =>
          reader.members.heroes(
            group.map(key => key.conversationId),
            userId,
          ),
        )
        const heroes = Map.groupBy(
          [...rows].flatMap(([userId, found]) =>
            found.map(row => ({ of: userText({ ...row, userId }), id: row.userId })),
          ),
          ({ of }) => of,
        )
        return keys.map(key => heroes.get(userText(key))?.map(({ id }) => id) ?? [])
      },
      { cacheKeyFn: userText, maxBatchSize: keysAtOnce },
    )
  }
}

/**
 * Returns the row itself once it is loaded, and one shared promise before; a DataLoader would make a promise for each call.
 * An error rejects the shared promise.
 */
const cached = <Id, Row>(load: (id: Id) => Promise<Row>): ((id: Id) => Row | Promise<Row>) => {
  const known = new Map<Id, Row | Promise<Row>>()
  return id => {
    const before = known.get(id)
    if (before !== undefined) return before
    const row = load(id)
    known.set(id, row)
    row.then(
      value => known.set(id, value),
      () => undefined,
    )
    return row
  }
}

const ofUsers = <Row extends OfUser>(
  load: (pairs: readonly OfUser[]) => Promise<readonly Row[]>,
): DataLoader<OfUser, Row | undefined, string> =>
  new DataLoader<OfUser, Row | undefined, string>(
    async pairs => {
      const rows = new Map((await load(pairs)).map(row => [userText(row), row]))
      return pairs.map(pair => rows.get(userText(pair)))
    },
    { cacheKeyFn: userText, maxBatchSize: keysAtOnce },
  )

const ofMessages = <Row extends { readonly messageId: MessageId }>(
  load: (ids: readonly MessageId[]) => Promise<readonly Row[]>,
): ((id: MessageId) => readonly Row[] | Promise<readonly Row[]>) => {
  const loader = new DataLoader<MessageId, readonly Row[]>(
    async ids => {
      const rows = Map.groupBy(await load(ids), row => row.messageId)
      return ids.map(id => rows.get(id) ?? [])
    },
    { maxBatchSize: keysAtOnce },
  )
  return cached(id => loader.load(id))
}

const threadText = ({ rootId, userId }: ThreadUser): string => `${rootId} ${userId}`

const ofThreadUsers = <Row extends ThreadUser>(
  load: (pairs: readonly ThreadUser[]) => Promise<readonly Row[]>,
): DataLoader<ThreadUser, Row | undefined, string> =>
  new DataLoader<ThreadUser, Row | undefined, string>(
    async pairs => {
      const rows = new Map((await load(pairs)).map(row => [threadText(row), row]))
      return pairs.map(pair => rows.get(threadText(pair)))
    },
    { cacheKeyFn: threadText, maxBatchSize: keysAtOnce },
  )

const requireStored = (user: User | undefined): User => {
  if (user === undefined) throw new TypeError('a row refers to a user who is not stored')
  return user
}
