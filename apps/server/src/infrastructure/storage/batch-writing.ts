import type { Changes, ConversationId, MessageId, MessageRevision } from '@cpc-messenger/messenger'
import { jsonSet } from './json-set.ts'
import { reactionWriting } from './reaction-writing.ts'
import {
  conversationRow,
  eventRow,
  idempotencyKeyRow,
  membershipRow,
  messageRow,
  revisionRow,
  userRow,
} from './rows.ts'
import type { SqlDialect } from './sql-dialect.ts'
import type { WriteTransaction } from './sql-engine.ts'
import type { StatementCompiler } from './statement.ts'
import type { ConversationRow, RevisionRow } from './tables.ts'
import { otherWriteStatements, upsertStatements } from './write-statements.ts'

const conversationRows = (changes: Changes, commit: number): readonly ConversationRow[] => {
  const grown = new Set(changes.events.map(event => event.conversationId))
  return changes.conversations.map(conversation =>
    conversationRow(conversation, grown.has(conversation.id) ? commit : 0),
  )
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
  const { nextCommit, endMemberships } = otherWriteStatements(compiler, dialect)
  const writeReactions = reactionWriting(compiler, dialect, upserts.reactions)
  const owners = compiler.statement<{ ids: string }>('conversations of messages')((db, param) =>
    db
      .selectFrom('messages')
      .select(['id', 'conversation_id'])
      .where('id', 'in', dialect.textSet<MessageId>(param('ids'))),
  )

  const conversationOfMessages = async (transaction: WriteTransaction, changes: Changes) => {
    const known = new Map(changes.messages.map(message => [message.id, message.conversationId]))
    const others = changes.revisions.map(revision => revision.messageId).filter(id => !known.has(id))
    if (others.length > 0)
      for (const row of await transaction.rows(owners, { ids: jsonSet(others) })) known.set(row.id, row.conversation_id)
    return known
  }

  return async (transaction: WriteTransaction, changes: Changes): Promise<void> => {
    const [next] = changes.events.length === 0 ? [] : await transaction.rows(nextCommit, {})
    const commit = next?.commit ?? 0
    await transaction.runEach(upserts.users, changes.users.map(userRow))
    await transaction.runEach(upserts.conversations, conversationRows(changes, commit))
    await transaction.runEach(upserts.memberships, changes.memberships.map(membershipRow))
    await transaction.runEach(endMemberships, changes.endedMemberships)
    await transaction.runEach(upserts.messages, changes.messages.map(messageRow))
    if (changes.revisions.length > 0) {
      const conversationOf = await conversationOfMessages(transaction, changes)
      await transaction.runEach(upserts.revisions, revisionRows(changes.revisions, conversationOf))
    }
    await writeReactions(transaction, changes)
    await transaction.runEach(upserts.idempotencyKeys, changes.idempotencyKeys.map(idempotencyKeyRow))
    await transaction.runEach(
      upserts.events,
      changes.events.map(event => eventRow(event, commit)),
    )
  }
}
