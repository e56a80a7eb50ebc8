import type {
  Conversation,
  ConversationId,
  EmojiCount,
  LoadedRows,
  Membership,
  Mention,
  Message,
  MessageId,
  MessageRevision,
  Needs,
  Quota,
  Reaction,
  ReactionKey,
  StoredIdempotencyKey,
  StoredPresence,
  User,
  UserId,
  ViewerState,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { count, userId as userIdCodec } from '../../tables/definition/codec.ts'
import { type RowCodec, row } from '../../tables/definition/row.ts'
import { type TableName, tables } from '../../tables/tables.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet, jsonTuples } from '../statements/json-set.ts'
import type { Statement, StatementCompiler } from '../statements/statement.ts'
import { batchLocking } from './batch-locking.ts'

type SetStatement<Row> = Statement<{ readonly set: string }, Row>

const loadStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const loadBy = <Row>(table: TableName, codec: RowCodec<Row>, column: string, name = `load ${table}`) =>
    compiler.statement<{ set: string }>(name)(
      codec,
      (_, param) => sql`select * from ${sql.table(table)} where ${dialect.among(column, param('set'))}`,
    )
  const loadByTuples = <Row>(
    table: TableName,
    codec: RowCodec<Row>,
    columns: readonly string[],
    width: 2 | 3,
  ): SetStatement<Row> =>
    compiler.statement<{ set: string }>(`load ${table}`)(
      codec,
      (_, param) => sql`
        select * from ${sql.table(table)}
        where (${sql.join(columns.map(column => sql.ref(column)))}) in ${dialect.tupleSet(param('set'), width)}`,
    )
  const conversationsBy = (column: 'id' | 'direct_pair' | 'key') =>
    loadBy('conversations', tables.conversations.row, column, `load conversations by ${column}`)
  return {
    conversations: conversationsBy('id'),
    conversationsByPair: conversationsBy('direct_pair'),
    conversationsByKey: conversationsBy('key'),
    messages: loadBy('messages', tables.messages.row, 'id'),
    users: loadBy('users', tables.users.row, 'id'),
    presences: loadBy('presences', tables.presences.row, 'user_id'),
    emojiCounts: loadBy('reaction_counts', tables.reaction_counts.row, 'message_id'),
    sent: compiler.statement<{ set: string }>('load sent messages')(
      tables.messages.row,
      (_, param) => sql`
        select * from messages
        where (conversation_id, author_id, client_message_id) in ${dialect.tupleSet(param('set'), 3)}
          and client_message_id is not null`,
    ),
    revisions: compiler.statement<{ set: string }>('load revisions')(
      tables.message_revisions.row,
      (_, param) => sql`
        select r.* from ${dialect.pairTable(param('set'))} as wanted
        join message_revisions as r on r.message_id = wanted.first and r.version = cast(wanted.second as integer)`,
    ),
    quotas: compiler.statement<{ set: string }>('load quotas')(
      row({ userId: userIdCodec, owned: count, named: count }),
      (_, param) => sql`
        select id as "userId",
          (select count(*) from ${dialect.byIndex('memberships', 'owned_by_user', 'm')}
            where m.user_id = wanted.id and m.role = 'OWNER' and m.left_sequence is null) as owned,
          (select count(*) from ${dialect.byIndex('users', 'users_named_by', 'u')} where u.named_by = wanted.id) as named
        from ${dialect.idTable(param('set'))} as wanted`,
    ),
    memberships: loadByTuples('memberships', tables.memberships.row, ['conversation_id', 'user_id'], 2),
    reactions: loadByTuples('reactions', tables.reactions.row, ['message_id', 'user_id', 'emoji'], 3),
    idempotencyKeys: loadByTuples('idempotency_keys', tables.idempotency_keys.row, ['user_id', 'key'], 2),
    threads: loadBy('threads', tables.threads.row, 'root_id'),
    mentions: loadBy('mentions', tables.mentions.row, 'message_id'),
    threadStates: loadByTuples('thread_states', tables.thread_states.row, ['root_id', 'user_id'], 2),
    viewerStates: loadByTuples('viewer_states', tables.viewer_states.row, ['conversation_id', 'user_id'], 2),
  }
}

const reactionTuple = (key: ReactionKey): readonly string[] => [key.messageId, key.userId, key.emoji]

interface Found {
  readonly messages: ReadonlyMap<MessageId, Message>
  readonly pairs: ReadonlyMap<string | null, Conversation>
  readonly idempotencyKeys: readonly StoredIdempotencyKey[]
}

const idempotencyText = (userId: UserId, key: string): string => `${userId} ${key}`

/** The conversations that each command is about, as far as their ids are known. */
const conversationsOf = (needs: readonly Needs[], found: Found): ReadonlySet<ConversationId>[] => {
  const made = new Map(found.idempotencyKeys.map(row => [idempotencyText(row.userId, row.key), row.conversationId]))
  return needs.map(need => {
    const ids = new Set<ConversationId | undefined>(need.conversations)
    for (const id of need.messages ?? []) ids.add(found.messages.get(id)?.conversationId)
    for (const pair of need.directPairs ?? []) ids.add(found.pairs.get(pair)?.id)
    for (const { userId, key } of need.idempotencyKeys ?? []) ids.add(made.get(idempotencyText(userId, key)))
    return new Set([...ids].filter(id => id !== undefined))
  })
}

function* membershipTuples(
  needs: readonly Needs[],
  conversations: readonly ReadonlySet<ConversationId>[],
): Generator<readonly [ConversationId, UserId]> {
  for (const [index, need] of needs.entries())
    for (const userId of need.memberships ?? [])
      for (const conversationId of conversations[index] ?? []) yield [conversationId, userId]
}

export interface LoadedBatch {
  readonly rows: LoadedRows
  readonly deferred: readonly number[]
  /** The number of the commit, if it had to be taken before the events are numbered. */
  readonly commit: number | undefined
}

const without = (
  conversations: readonly ReadonlySet<ConversationId>[],
  known: readonly ReadonlySet<ConversationId>[],
): readonly ReadonlySet<ConversationId>[] =>
  conversations.map((ids, index) => ids.difference(known[index] ?? new Set<ConversationId>()))

/** The states that come with the threads of each command: of its users, and of the authors of its replies. */
function* threadStateTuples(
  needs: readonly Needs[],
  messages: ReadonlyMap<MessageId, Message>,
): Generator<readonly [MessageId, UserId]> {
  for (const { threads = [], messages: ids = [], memberships = [] } of needs) {
    for (const rootId of threads) for (const userId of memberships) yield [rootId, userId]
    for (const id of ids) {
      const { threadRootId = null, authorId = null } = messages.get(id) ?? {}
      if (threadRootId === null) continue
      for (const userId of authorId === null ? memberships : [authorId, ...memberships]) yield [threadRootId, userId]
    }
  }
}

type Statements = ReturnType<typeof loadStatements>

/** Loads the sets of one batch; an empty set needs no statement. */
class BatchSets {
  readonly #statements: Statements
  readonly #transaction: WriteTransaction
  readonly #needs: readonly Needs[]

  constructor(statements: Statements, transaction: WriteTransaction, needs: readonly Needs[]) {
    this.#statements = statements
    this.#transaction = transaction
    this.#needs = needs
  }

  conversations(ofCommands: readonly ReadonlySet<ConversationId>[]): Promise<readonly Conversation[]> {
    const ids = ofCommands.flatMap(each => [...each])
    return this.#load(this.#statements.conversations, jsonSet(ids))
  }

  memberships(ofCommands: readonly ReadonlySet<ConversationId>[]): Promise<readonly Membership[]> {
    return this.#load(this.#statements.memberships, jsonTuples(membershipTuples(this.#needs, ofCommands)))
  }

  /** Messages by id, and those that were sent with a client message id. */
  async messages(): Promise<readonly Message[]> {
    const { messages, sent } = this.#statements
    const keys = this.#of(need => need.sent).map(key => [key.conversationId, key.authorId, key.clientMessageId])
    const found = [this.#load(messages, jsonSet(this.#of(need => need.messages))), this.#load(sent, jsonTuples(keys))]
    return (await Promise.all(found)).flat()
  }

  revisions(): Promise<readonly MessageRevision[]> {
    const keys = this.#of(need => need.revisions).map(({ messageId, version }) => [messageId, String(version)])
    return this.#load(this.#statements.revisions, jsonTuples(keys))
  }

  idempotencyKeys(): Promise<readonly StoredIdempotencyKey[]> {
    const keys = this.#of(need => need.idempotencyKeys).map(({ userId, key }) => [userId, key])
    return this.#load(this.#statements.idempotencyKeys, jsonTuples(keys))
  }

  byPair(): Promise<readonly Conversation[]> {
    return this.#load(this.#statements.conversationsByPair, jsonSet(this.#of(need => need.directPairs)))
  }

  byKey(): Promise<readonly Conversation[]> {
    return this.#load(this.#statements.conversationsByKey, jsonSet(this.#of(need => need.conversationKeys)))
  }

  users(): Promise<readonly User[]> {
    return this.#load(this.#statements.users, jsonSet(this.#of(need => need.users)))
  }

  presences(): Promise<readonly StoredPresence[]> {
    return this.#load(this.#statements.presences, jsonSet(this.#of(need => need.presences)))
  }

  quotas(): Promise<readonly Quota[]> {
    return this.#load(this.#statements.quotas, jsonSet(this.#of(need => need.quotas)))
  }

  reactions(): Promise<readonly Reaction[]> {
    return this.#load(this.#statements.reactions, jsonTuples(this.#of(need => need.reactions).map(reactionTuple)))
  }

  /** Threads with the states of users, once the messages are known. */
  async threads(messages: ReadonlyMap<MessageId, Message>): Promise<Pick<LoadedRows, 'threads' | 'threadStates'>> {
    const tuples = [...threadStateTuples(this.#needs, messages)]
    const rootIds = new Set([...this.#of(need => need.threads), ...tuples.map(([rootId]) => rootId)])
    const [threads, threadStates] = await Promise.all([
      this.#load(this.#statements.threads, jsonSet(rootIds)),
      this.#load(this.#statements.threadStates, jsonTuples(tuples)),
    ])
    return { threads, threadStates }
  }

  mentions(): Promise<readonly Mention[]> {
    return this.#load(this.#statements.mentions, jsonSet(this.#of(need => need.mentions)))
  }

  emojiCounts(): Promise<readonly EmojiCount[]> {
    const ids = this.#of(need => need.reactions).map(key => key.messageId)
    return this.#load(this.#statements.emojiCounts, jsonSet(ids))
  }

  viewerStates(): Promise<readonly ViewerState[]> {
    const pairs = this.#of(need => need.viewerStates).map(pair => [pair.conversationId, pair.userId])
    return this.#load(this.#statements.viewerStates, jsonTuples(pairs))
  }

  #of<Item>(items: (need: Needs) => readonly Item[] | undefined): readonly Item[] {
    return this.#needs.flatMap(need => items(need) ?? [])
  }

  async #load<Row>(statement: SetStatement<Row>, set: string): Promise<readonly Row[]> {
    return set === '[]' ? [] : await this.#transaction.rows(statement, { set })
  }
}

/**
 * Locks and loads what the commands of a batch need: at most two statements for each kind of row, however many commands there
 * are. Rows that are known by id are loaded first; rows that depend on them (the conversation of a pair, for example) in a second round.
 */
export const batchLoading = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = loadStatements(compiler, dialect)
  const locking = batchLocking(compiler, dialect)

  return async (transaction: WriteTransaction, needs: readonly Needs[], wait: boolean): Promise<LoadedBatch> => {
    const sets = new BatchSets(statements, transaction, needs)
    const lock = locking(transaction, wait)
    const about = (ofCommands: readonly ReadonlySet<ConversationId>[]) =>
      Promise.all([lock.conversations(ofCommands) ?? sets.conversations(ofCommands), sets.memberships(ofCommands)])
    // A single writer has no round trips to save and loads all conversations in one statement.
    const named = needs.map(need => new Set(lock.holds ? need.conversations : []))
    const [
      [ofNamed, membersOfNamed],
      ,
      messages,
      revisions,
      idempotencyKeys,
      pairs,
      keys,
      users,
      reactions,
      counts,
      quotas,
      states,
      presences,
      mentions,
    ] = await Promise.all([
      about(named),
      lock.names(needs),
      sets.messages(),
      sets.revisions(),
      sets.idempotencyKeys(),
      sets.byPair(),
      sets.byKey(),
      sets.users(),
      sets.reactions(),
      sets.emojiCounts(),
      sets.quotas(),
      sets.viewerStates(),
      sets.presences(),
      sets.mentions(),
    ])
    const byId = new Map(messages.map(row => [row.id, row]))
    const found = { messages: byId, pairs: new Map(pairs.map(row => [row.directPair, row])), idempotencyKeys }
    const [[ofFound, membersOfFound], threads] = await Promise.all([
      about(without(conversationsOf(needs, found), named)),
      sets.threads(byId),
    ])
    const conversations = new Map([...pairs, ...keys, ...ofNamed, ...ofFound].map(row => [row.id, row]))
    const rows: LoadedRows = {
      conversations: [...conversations.values()],
      messages: [...byId.values()],
      revisions,
      memberships: [...membersOfNamed, ...membersOfFound],
      users,
      reactions,
      emojiCounts: counts,
      quotas,
      presences,
      idempotencyKeys,
      ...threads,
      mentions,
      viewerStates: states,
    }
    return { rows, ...(await lock.outcome()) }
  }
}
