import type {
  Conversation,
  ConversationId,
  Membership,
  MembershipId,
  Message,
  MessageId,
  ReactionSummary,
  User,
  UserId,
} from '@cpc-messenger/messenger'
import DataLoader from 'dataloader'
import type { RowReads } from './gathered-reads.ts'

interface OfUser {
  readonly conversationId: ConversationId
  readonly userId: UserId
}

const byId = <Id extends string, Row extends { readonly id: Id }>(
  load: (ids: readonly Id[]) => Promise<readonly Row[]>,
): DataLoader<Id, Row | undefined> =>
  new DataLoader<Id, Row | undefined>(async ids => {
    const rows = new Map((await load(ids)).map(row => [row.id, row]))
    return ids.map(id => rows.get(id))
  })

const userText = ({ conversationId, userId }: OfUser): string => `${conversationId} ${userId}`

/** Loads of a viewer's own rows are for one user at a time: the keys of a turn are grouped by theirs. */
const perUser = async <Key extends { readonly userId: UserId }, Row>(
  keys: readonly Key[],
  load: (userId: UserId, keys: readonly Key[]) => Promise<readonly Row[]>,
): Promise<ReadonlyMap<UserId, readonly Row[]>> => {
  const groups = Map.groupBy(keys, key => key.userId)
  return new Map(
    await Promise.all([...groups].map(async ([userId, group]) => [userId, await load(userId, group)] as const)),
  )
}

/** Gathers the single rows that a turn asks for into one query for each kind. */
export class ReadingLoaders {
  readonly user: DataLoader<UserId, User | undefined>
  readonly conversation: DataLoader<ConversationId, Conversation | undefined>
  readonly message: DataLoader<MessageId, Message | undefined>
  readonly membership: DataLoader<MembershipId, Membership | undefined>
  readonly membershipOf: DataLoader<OfUser, Membership | undefined, string>
  readonly lastMessage: DataLoader<ConversationId, Message | undefined>
  readonly reactions: DataLoader<MessageId, readonly ReactionSummary[]>
  readonly reactionsOf: DataLoader<
    { readonly messageId: MessageId; readonly userId: UserId },
    ReadonlySet<string>,
    string
  >
  readonly heroes: DataLoader<OfUser, readonly UserId[], string>

  constructor(reader: RowReads) {
    this.user = byId(ids => reader.users(ids))
    this.conversation = byId(ids => reader.conversations(ids))
    this.message = byId(ids => reader.messages(ids))
    this.membership = byId(ids => reader.memberships(ids))
    this.membershipOf = new DataLoader(
      async pairs => {
        const rows = new Map((await reader.membershipsOf(pairs)).map(row => [userText(row), row]))
        return pairs.map(pair => rows.get(userText(pair)))
      },
      { cacheKeyFn: userText },
    )
    this.lastMessage = new DataLoader(async ids => {
      const rows = new Map((await reader.lastMessages(ids)).map(row => [row.conversationId, row]))
      return ids.map(id => rows.get(id))
    })
    this.reactions = new DataLoader(async ids => {
      const rows = Map.groupBy(await reader.reactionSummaries(ids), row => row.messageId)
      return ids.map(id => rows.get(id) ?? [])
    })
    this.reactionsOf = new DataLoader(
      async keys => {
        const rows = await perUser(keys, (userId, group) =>
          reader.reactionsOf(
            userId,
            group.map(key => key.messageId),
          ),
        )
        return keys.map(
          ({ userId, messageId }) =>
            new Set((rows.get(userId) ?? []).filter(row => row.messageId === messageId).map(row => row.emoji)),
        )
      },
      { cacheKeyFn: ({ userId, messageId }) => `${messageId} ${userId}` },
    )
    this.heroes = new DataLoader(
      async keys => {
        const rows = await perUser(keys, (userId, group) =>
          reader.heroes(
            group.map(key => key.conversationId),
            userId,
          ),
        )
        return keys.map(({ userId, conversationId }) =>
          (rows.get(userId) ?? []).filter(row => row.conversationId === conversationId).map(row => row.userId),
        )
      },
      { cacheKeyFn: userText },
    )
  }
}
