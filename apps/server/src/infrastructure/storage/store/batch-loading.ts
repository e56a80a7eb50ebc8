import type {
  ConversationId,
  EmojiCount,
  LoadedRows,
  MessageId,
  Needs,
  Quota,
  ReactionKey,
  UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet, jsonTuples } from '../statements/json-set.ts'
import type { Statement, StatementCompiler } from '../statements/statement.ts'
import {
  parseConversation,
  parseIdempotencyKey,
  parseMembership,
  parseMessage,
  parseReaction,
  parseUser,
} from '../tables/rows.ts'
import type {
  ConversationRow,
  IdempotencyKeyRow,
  MembershipRow,
  MessageRow,
  ReactionCountRow,
  ReactionRow,
  UserRow,
} from '../tables/tables.ts'
import { batchLocking } from './batch-locking.ts'

interface QuotaRow {
  readonly user_id: UserId
  readonly owned: number
  readonly named: number
}

type SetStatement<Row> = Statement<{ readonly set: string }, Row>

const tuplesStatement =
  (compiler: StatementCompiler, dialect: SqlDialect) =>
  <Row>(table: string, columns: readonly string[], width: 2 | 3): SetStatement<Row> =>
    compiler.statement<{ set: string }>(`load ${table}`)(
      (_, param) => sql<Row>`
        select * from ${sql.table(table)}
        where (${sql.join(columns.map(column => sql.ref(column)))}) in ${dialect.tupleSet(param('set'), width)}`,
    )

const loadStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const byTuples = tuplesStatement(compiler, dialect)
  const conversationsBy = (column: 'id' | 'direct_pair' | 'key'): SetStatement<ConversationRow> =>
    compiler.statement<{ set: string }>(`load conversations by ${column}`)((db, param) =>
      db
        .selectFrom('conversations')
        .selectAll()
        .where(dialect.among(column, param('set'))),
    )
  return {
    conversations: conversationsBy('id'),
    conversationsByPair: conversationsBy('direct_pair'),
    conversationsByKey: conversationsBy('key'),
    messages: compiler.statement<{ set: string }>('load messages')((db, param) =>
      db
        .selectFrom('messages')
        .selectAll()
        .where(dialect.among('id', param('set'))),
    ),
    users: compiler.statement<{ set: string }>('load users')((db, param) =>
      db
        .selectFrom('users')
        .selectAll()
        .where(dialect.among('id', param('set'))),
    ),
    emojiCounts: compiler.statement<{ set: string }>('load emoji counts')((db, param) =>
      db
        .selectFrom('reaction_counts')
        .selectAll()
        .where(dialect.among('message_id', param('set'))),
    ),
    sent: compiler.statement<{ set: string }>('load sent messages')(
      (_, param) => sql<MessageRow>`
        select * from messages
        where (conversation_id, author_id, client_message_id) in ${dialect.tupleSet(param('set'), 3)}
          and client_message_id is not null`,
    ),
    quotas: compiler.statement<{ set: string }>('load quotas')(
      (_, param) => sql<QuotaRow>`
        select id as user_id,
          (select count(*) from ${dialect.byIndex('memberships', 'owned_by_user', 'm')}
            where m.user_id = wanted.id and m.role = 'OWNER' and m.left_sequence is null) as owned,
          (select count(*) from ${dialect.byIndex('users', 'users_named_by', 'u')} where u.named_by = wanted.id) as named
        from ${dialect.idTable(param('set'))} as wanted`,
    ),
    memberships: byTuples<MembershipRow>('memberships', ['conversation_id', 'user_id'], 2),
    reactions: byTuples<ReactionRow>('reactions', ['message_id', 'user_id', 'emoji'], 3),
    idempotencyKeys: byTuples<IdempotencyKeyRow>('idempotency_keys', ['user_id', 'key'], 2),
  }
}

const reactionTuple = (key: ReactionKey): readonly string[] => [key.messageId, key.userId, key.emoji]

interface Found {
  readonly messages: ReadonlyMap<MessageId, MessageRow>
  readonly pairs: ReadonlyMap<string | null, ConversationRow>
  readonly idempotencyKeys: readonly IdempotencyKeyRow[]
}

const idempotencyText = (userId: UserId, key: string): string => `${userId} ${key}`

/** The conversations that each command is about, as far as they are known by id. */
const conversationsOf = (needs: readonly Needs[], found: Found): ReadonlySet<ConversationId>[] => {
  const made = new Map(found.idempotencyKeys.map(row => [idempotencyText(row.user_id, row.key), row.conversation_id]))
  return needs.map(need => {
    const ids = new Set<ConversationId | undefined>(need.conversations)
    for (const id of need.messages ?? []) ids.add(found.messages.get(id)?.conversation_id)
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
  /** The number of the commit, where it had to be taken before its events are numbered. */
  readonly commit: number | undefined
}

const without = (
  conversations: readonly ReadonlySet<ConversationId>[],
  known: readonly ReadonlySet<ConversationId>[],
): readonly ReadonlySet<ConversationId>[] =>
  conversations.map((ids, index) => ids.difference(known[index] ?? new Set<ConversationId>()))

type Statements = ReturnType<typeof loadStatements>

/** Calls for the sets of one batch; an empty one is not asked for. */
class BatchSets {
  readonly #statements: Statements
  readonly #transaction: WriteTransaction
  readonly #needs: readonly Needs[]

  constructor(statements: Statements, transaction: WriteTransaction, needs: readonly Needs[]) {
    this.#statements = statements
    this.#transaction = transaction
    this.#needs = needs
  }

  conversations(ofCommands: readonly ReadonlySet<ConversationId>[]): Promise<readonly ConversationRow[]> {
    const ids = ofCommands.flatMap(each => [...each])
    return this.#load(this.#statements.conversations, jsonSet(ids))
  }

  memberships(ofCommands: readonly ReadonlySet<ConversationId>[]): Promise<readonly MembershipRow[]> {
    return this.#load(this.#statements.memberships, jsonTuples(membershipTuples(this.#needs, ofCommands)))
  }

  /** Messages that are named, and those that were sent under keys. */
  async messages(): Promise<readonly MessageRow[]> {
    const { messages, sent } = this.#statements
    const keys = this.#of(need => need.sent).map(key => [key.conversationId, key.authorId, key.clientMessageId])
    const found = [this.#load(messages, jsonSet(this.#of(need => need.messages))), this.#load(sent, jsonTuples(keys))]
    return (await Promise.all(found)).flat()
  }

  idempotencyKeys(): Promise<readonly IdempotencyKeyRow[]> {
    const keys = this.#of(need => need.idempotencyKeys).map(({ userId, key }) => [userId, key])
    return this.#load(this.#statements.idempotencyKeys, jsonTuples(keys))
  }

  byPair(): Promise<readonly ConversationRow[]> {
    return this.#load(this.#statements.conversationsByPair, jsonSet(this.#of(need => need.directPairs)))
  }

  byKey(): Promise<readonly ConversationRow[]> {
    return this.#load(this.#statements.conversationsByKey, jsonSet(this.#of(need => need.conversationKeys)))
  }

  users(): Promise<readonly UserRow[]> {
    return this.#load(this.#statements.users, jsonSet(this.#of(need => need.users)))
  }

  quotas(): Promise<readonly QuotaRow[]> {
    return this.#load(this.#statements.quotas, jsonSet(this.#of(need => need.quotas)))
  }

  reactions(): Promise<readonly ReactionRow[]> {
    return this.#load(this.#statements.reactions, jsonTuples(this.#of(need => need.reactions).map(reactionTuple)))
  }

  emojiCounts(): Promise<readonly ReactionCountRow[]> {
    const ids = this.#of(need => need.reactions).map(key => key.messageId)
    return this.#load(this.#statements.emojiCounts, jsonSet(ids))
  }

  #of<Item>(items: (need: Needs) => readonly Item[] | undefined): readonly Item[] {
    return this.#needs.flatMap(need => items(need) ?? [])
  }

  async #load<Row>(statement: SetStatement<Row>, set: string): Promise<readonly Row[]> {
    return set === '[]' ? [] : await this.#transaction.rows(statement, { set })
  }
}

const parseQuota = ({ user_id: userId, owned, named }: QuotaRow): Quota => ({
  userId,
  owned: Number(owned),
  named: Number(named),
})

const parseCount = (row: ReactionCountRow): EmojiCount => ({
  messageId: row.message_id,
  emoji: row.emoji,
  count: row.count,
})

/**
 * Locks and loads what the commands of a batch need: at most two statements for each kind of thing, however many commands.
 * What is known by id goes out at once; what hangs on an answer (the conversation of a pair, say) in a second round.
 */
export const batchLoading = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = loadStatements(compiler, dialect)
  const locking = batchLocking(compiler, dialect)

  return async (transaction: WriteTransaction, needs: readonly Needs[], wait: boolean): Promise<LoadedBatch> => {
    const sets = new BatchSets(statements, transaction, needs)
    const lock = locking(transaction, wait)
    const about = (ofCommands: readonly ReadonlySet<ConversationId>[]) =>
      Promise.all([lock.conversations(ofCommands) ?? sets.conversations(ofCommands), sets.memberships(ofCommands)])
    // A single writer has no round trips to save: it loads all conversations in one statement.
    const named = needs.map(need => new Set(lock.holds ? need.conversations : []))
    const [[ofNamed, membersOfNamed], , messages, idempotencyKeys, pairs, keys, users, reactions, counts, quotas] =
      await Promise.all([
        about(named),
        lock.names(needs),
        sets.messages(),
        sets.idempotencyKeys(),
        sets.byPair(),
        sets.byKey(),
        sets.users(),
        sets.reactions(),
        sets.emojiCounts(),
        sets.quotas(),
      ])
    const byId = new Map(messages.map(row => [row.id, row]))
    const found = { messages: byId, pairs: new Map(pairs.map(row => [row.direct_pair, row])), idempotencyKeys }
    const [ofFound, membersOfFound] = await about(without(conversationsOf(needs, found), named))
    const conversations = new Map([...pairs, ...keys, ...ofNamed, ...ofFound].map(row => [row.id, row]))
    const rows: LoadedRows = {
      conversations: [...conversations.values()].map(parseConversation),
      messages: [...byId.values()].map(parseMessage),
      memberships: [...membersOfNamed, ...membersOfFound].map(parseMembership),
      users: users.map(parseUser),
      reactions: reactions.map(parseReaction),
      emojiCounts: counts.map(parseCount),
      quotas: quotas.map(parseQuota),
      idempotencyKeys: idempotencyKeys.map(parseIdempotencyKey),
    }
    return { rows, ...(await lock.outcome([...conversations.values()])) }
  }
}
