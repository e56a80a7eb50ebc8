import type {
  ConversationId,
  EmojiCount,
  LoadedRows,
  MessageId,
  Needs,
  ReactionKey,
  UserId,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { batchLocking } from './batch-locking.ts'
import { jsonSet, jsonTuples } from './json-set.ts'
import {
  parseConversation,
  parseIdempotencyKey,
  parseMembership,
  parseMessage,
  parseReaction,
  parseUser,
} from './rows.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { WriteTransaction } from './sql-engine.ts'
import type { Statement, StatementCompiler } from './statement.ts'
import type { ConversationRow, IdempotencyKeyRow, MembershipRow, MessageRow, ReactionRow } from './tables.ts'

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

/**
 * Locks and loads what the commands of a batch need: at most two statements for each kind of thing, however many commands.
 * What is known by id goes out at once; what hangs on an answer (the conversation of a pair, say) in a second round.
 */
export const batchLoading = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = loadStatements(compiler, dialect)
  const locking = batchLocking(compiler, dialect)

  return async (transaction: WriteTransaction, needs: readonly Needs[], wait: boolean): Promise<LoadedBatch> => {
    const load = async <Row>(statement: SetStatement<Row>, set: string): Promise<readonly Row[]> =>
      set === '[]' ? [] : await transaction.rows(statement, { set })
    const texts = <Row>(statement: SetStatement<Row>, values: Iterable<string>) => load(statement, jsonSet(values))
    const lock = locking(transaction, wait)
    const conversationsAndMembers = async (ofCommands: readonly ReadonlySet<ConversationId>[]) =>
      Promise.all([
        lock.conversations(ofCommands) ??
          texts(
            statements.conversations,
            ofCommands.flatMap(ids => [...ids]),
          ),
        load(statements.memberships, jsonTuples(membershipTuples(needs, ofCommands))),
      ])

    const nothing = needs.map(() => new Set<ConversationId>())
    // A single writer has no round trips to save: it loads all conversations in one statement.
    const named = lock.holds ? needs.map(need => new Set(need.conversations)) : nothing
    const sentKeys = needs.flatMap(need => need.sent ?? [])
    const reactionKeys = needs.flatMap(need => need.reactions ?? [])
    const held = lock.names(needs)
    const first = await Promise.all([
      conversationsAndMembers(named),
      texts(
        statements.messages,
        needs.flatMap(need => need.messages ?? []),
      ),
      load(statements.sent, jsonTuples(sentKeys.map(key => [key.conversationId, key.authorId, key.clientMessageId]))),
      load(
        statements.idempotencyKeys,
        jsonTuples(needs.flatMap(need => need.idempotencyKeys ?? []).map(({ userId, key }) => [userId, key])),
      ),
      texts(
        statements.conversationsByPair,
        needs.flatMap(need => need.directPairs ?? []),
      ),
      texts(
        statements.conversationsByKey,
        needs.flatMap(need => need.conversationKeys ?? []),
      ),
      texts(
        statements.emojiCounts,
        reactionKeys.map(key => key.messageId),
      ),
      load(statements.reactions, jsonTuples(reactionKeys.map(reactionTuple))),
      texts(
        statements.users,
        needs.flatMap(need => need.users ?? []),
      ),
      held,
    ])
    const [[ofNamed, membersOfNamed], byId, sent, idempotencyKeys, pairs, keys, counts, reactions, users] = first
    const messages = new Map([...byId, ...sent].map(row => [row.id, row]))
    const found = { messages, pairs: new Map(pairs.map(row => [row.direct_pair, row])), idempotencyKeys }
    const [ofFound, membersOfFound] = await conversationsAndMembers(without(conversationsOf(needs, found), named))
    const conversations = new Map([...pairs, ...keys, ...ofNamed, ...ofFound].map(row => [row.id, row]))
    const rows: LoadedRows = {
      conversations: [...conversations.values()].map(parseConversation),
      messages: [...messages.values()].map(parseMessage),
      memberships: [...membersOfNamed, ...membersOfFound].map(parseMembership),
      users: users.map(parseUser),
      reactions: reactions.map(parseReaction),
      emojiCounts: counts.map((row): EmojiCount => ({ messageId: row.message_id, emoji: row.emoji, count: row.count })),
      idempotencyKeys: idempotencyKeys.map(parseIdempotencyKey),
    }
    return { rows, ...(await lock.outcome([...conversations.values()])) }
  }
}
