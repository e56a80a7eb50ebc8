import type { Changes, Conversation, ConversationId, MessageId, MessageRevision } from '@cpc-messenger/messenger'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { otherWriteStatements, upsertStatements } from '../statements/write-statements.ts'
import { activitySlotOf } from '../tables/activity-slot.ts'
import {
  conversationRow,
  eventRow,
  idempotencyKeyRow,
  membershipRow,
  messageRow,
  revisionRow,
  userRow,
} from '../tables/rows.ts'
import type { ConversationRow, MessageRow, RevisionRow, UserRow } from '../tables/tables.ts'
import { reactionWriting, type Writing } from './reaction-writing.ts'

/** Commands come in any order: rows that several writers may write are written in one. */
const inOrder = (users: readonly UserRow[]): readonly UserRow[] =>
  users.toSorted((one, other) => (one.id < other.id ? -1 : 1))

interface ConversationRows {
  /** They have been there before: their logs began earlier. */
  readonly standing: readonly ConversationRow[]
  /** As `standing`, and their place among the active ones stays. */
  readonly inPlace: readonly ConversationRow[]
  readonly others: readonly ConversationRow[]
}

const conversationRows = (changes: Changes, commit: number, loaded: readonly Conversation[]): ConversationRows => {
  const grown = new Map<ConversationId, number>()
  for (const { conversationId } of changes.events) grown.set(conversationId, (grown.get(conversationId) ?? 0) + 1)
  const slots = new Map(loaded.map(({ id, lastActivityAt }) => [id, activitySlotOf(lastActivityAt)]))
  const rows: Record<keyof ConversationRows, ConversationRow[]> = { standing: [], inPlace: [], others: [] }
  for (const conversation of changes.conversations) {
    const by = grown.get(conversation.id) ?? 0
    const row = conversationRow(conversation, by > 0 ? commit : 0)
    if (by === 0 || conversation.lastSequence === by) rows.others.push(row)
    else if (slots.get(row.id) === row.active_slot) rows.inPlace.push(row)
    else rows.standing.push(row)
  }
  return rows
}

interface MessageRows {
  readonly created: readonly MessageRow[]
  readonly others: readonly MessageRow[]
}

const messageRows = (changes: Changes): MessageRows => {
  const sent = new Set(changes.events.flatMap(event => (event.type === 'MessageCreated' ? [event.messageId] : [])))
  const [created, others]: [MessageRow[], MessageRow[]] = [[], []]
  for (const message of changes.messages) (sent.has(message.id) ? created : others).push(messageRow(message))
  return { created, others }
}

const revisionRows = (
  revisions: readonly MessageRevision[],
  conversationOf: ReadonlyMap<MessageId, ConversationId>,
): readonly RevisionRow[] =>
  revisions.map(revision => {
    const conversationId = conversationOf.get(revision.messageId)
    if (conversationId === undefined) throw new TypeError(`a revision of ${revision.messageId}, which does not exist`)
    return revisionRow(revision, conversationId)
  })

/** Writes what a batch has decided: a constant number of statements, however many rows. */
export const batchWriting = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const upserts = upsertStatements(compiler)
  const { endMemberships, insertMessages, updateConversations, updateConversationsInPlace } =
    otherWriteStatements(compiler)
  const reactionsOf = reactionWriting(compiler, dialect, upserts.reactions)
  const owners = compiler.statement<{ ids: string }>('conversations of messages')((db, param) =>
    db
      .selectFrom('messages')
      .select(['id', 'conversation_id'])
      .where(dialect.among('id', param('ids'))),
  )

  const conversationOfMessages = async (transaction: WriteTransaction, changes: Changes) => {
    const known = new Map(changes.messages.map(message => [message.id, message.conversationId]))
    const others = changes.revisions.map(revision => revision.messageId).filter(id => !known.has(id))
    if (others.length > 0)
      for (const row of await transaction.rows(owners, { ids: jsonSet(others) })) known.set(row.id, row.conversation_id)
    return known
  }

  const revisionsOf = async (transaction: WriteTransaction, changes: Changes): Promise<readonly RevisionRow[]> =>
    changes.revisions.length === 0
      ? []
      : revisionRows(changes.revisions, await conversationOfMessages(transaction, changes))

  /**
   * Answers how to call for the statements that write; whoever calls it may commit without waiting for them. `known` is the
   * number of the commit, where it has been taken already; `loaded` are conversations as this transaction has found them.
   */
  return async (
    transaction: WriteTransaction,
    changes: Changes,
    loaded: readonly Conversation[],
    known?: number,
  ): Promise<Writing> => {
    const numbered = known === undefined && changes.events.length > 0
    const commit = known ?? (numbered ? await transaction.commitNumber() : 0)
    const revisions = await revisionsOf(transaction, changes)
    const writeReactions = await reactionsOf(transaction, changes)
    const conversations = conversationRows(changes, commit, loaded)
    const messages = messageRows(changes)
    const ended = changes.endedMemberships.map(({ conversationId, sequence }) => ({
      conversation_id: conversationId,
      sequence,
    }))
    return () => [
      transaction.runEach(upserts.users, inOrder(changes.users.map(userRow))),
      transaction.runEach(upserts.conversations, conversations.others),
      transaction.runEach(updateConversations, conversations.standing),
      transaction.runEach(updateConversationsInPlace, conversations.inPlace),
      transaction.runEach(upserts.memberships, changes.memberships.map(membershipRow)),
      transaction.runEach(endMemberships, ended),
      transaction.runEach(insertMessages, messages.created),
      transaction.runEach(upserts.messages, messages.others),
      transaction.runEach(upserts.revisions, revisions),
      ...writeReactions(),
      transaction.runEach(upserts.idempotencyKeys, changes.idempotencyKeys.map(idempotencyKeyRow)),
      transaction.runEach(
        upserts.events,
        changes.events.map(event => eventRow(event, commit)),
      ),
    ]
  }
}
