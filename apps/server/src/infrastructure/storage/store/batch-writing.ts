import type {
  Changes,
  Conversation,
  ConversationId,
  ConversationUser,
  MentionKey,
  Message,
  MessageId,
  MessageRevision,
  User,
} from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { activitySlotOf, type ConversationInput } from '../../tables/conversations/conversations.ts'
import { conversationId as conversationIdCodec, messageId } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import type { RevisionInput } from '../../tables/messages/message-revisions.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet, jsonTuples } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { otherWriteStatements, upsertStatements } from '../statements/write-statements.ts'
import { reactionWriting } from './reaction-writing.ts'
import { returning } from './returning.ts'

/** Sorts rows that several writers may write, so that all write them in the same order. */
const inOrder = (users: readonly User[]): readonly User[] =>
  users.toSorted((one, other) => (one.id < other.id ? -1 : 1))

interface ConversationWrites {
  /** Conversations that are stored already: their logs began in an earlier batch. */
  readonly existing: readonly ConversationInput[]
  /** Like `existing`, for conversations whose activity slot does not change. */
  readonly inSlot: readonly ConversationInput[]
  readonly others: readonly ConversationInput[]
}

const conversationWrites = (changes: Changes, commit: number, loaded: readonly Conversation[]): ConversationWrites => {
  const grown = new Map<ConversationId, number>()
  for (const { conversationId } of changes.events) grown.set(conversationId, (grown.get(conversationId) ?? 0) + 1)
  const slots = new Map(loaded.map(({ id, lastActivityAt }) => [id, activitySlotOf(lastActivityAt)]))
  const rows: Record<keyof ConversationWrites, ConversationInput[]> = { existing: [], inSlot: [], others: [] }
  for (const conversation of changes.conversations) {
    const by = grown.get(conversation.id) ?? 0
    const input = { ...conversation, lastCommit: by > 0 ? commit : 0 }
    if (by === 0 || conversation.lastSequence === by) rows.others.push(input)
    else if (slots.get(input.id) === activitySlotOf(input.lastActivityAt)) rows.inSlot.push(input)
    else rows.existing.push(input)
  }
  return rows
}

interface MessageWrites {
  readonly created: readonly Message[]
  readonly others: readonly Message[]
}

const messageWrites = (changes: Changes): MessageWrites => {
  const sent = new Set(changes.events.flatMap(event => (event.type === 'MessageCreated' ? [event.messageId] : [])))
  const [created, others]: [Message[], Message[]] = [[], []]
  for (const message of changes.messages) (sent.has(message.id) ? created : others).push(message)
  return { created, others }
}

const revisionRows = (
  revisions: readonly MessageRevision[],
  conversationOf: ReadonlyMap<MessageId, ConversationId>,
): readonly RevisionInput[] =>
  revisions.map(revision => {
    const conversationId = conversationOf.get(revision.messageId)
    if (conversationId === undefined) throw new TypeError(`a revision of ${revision.messageId}, which does not exist`)
    return { ...revision, conversationId }
  })

/** Running statements, which its caller may commit without waiting for. */
interface Written {
  readonly written: readonly Promise<unknown>[]
  /** Rejects only if the commit does. */
  readonly returned: Promise<readonly ConversationUser[]>
}

/** Writes the changes of a batch in a constant number of statements, however many rows there are. */
export const batchWriting = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const upserts = upsertStatements(compiler)
  const { endMemberships, insertMessages, insertAuditEntries, updateConversations, updateConversationsInSlot } =
    otherWriteStatements(compiler)
  const reactionsOf = reactionWriting(compiler, dialect, upserts.reactions)
  const returnConversations = returning(compiler, dialect)
  const owners = compiler.statement<{ ids: string }>('conversations of messages')(
    row({ id: messageId, conversation_id: conversationIdCodec }),
    (db, param) =>
      db
        .selectFrom('messages')
        .select(['id', 'conversation_id'])
        .where(dialect.among('id', param('ids'))),
  )

  const mentionsOf = compiler.command<{ keys: string }>('remove mentions')(
    (_, param) => sql`delete from mentions where (message_id, user_id) in ${dialect.tupleSet(param('keys'), 2)}`,
  )
  const removeMentions = (transaction: WriteTransaction, keys: readonly MentionKey[]): Promise<unknown> =>
    keys.length === 0
      ? Promise.resolve()
      : transaction.run(mentionsOf, { keys: jsonTuples(keys.map(({ messageId: id, userId }) => [id, userId])) })

  const conversationOfMessages = async (transaction: WriteTransaction, changes: Changes) => {
    const known = new Map(changes.messages.map(message => [message.id, message.conversationId]))
    const others = changes.revisions.map(revision => revision.messageId).filter(id => !known.has(id))
    if (others.length > 0)
      for (const owner of await transaction.rows(owners, { ids: jsonSet(others) }))
        known.set(owner.id, owner.conversation_id)
    return known
  }

  const revisionsOf = async (transaction: WriteTransaction, changes: Changes): Promise<readonly RevisionInput[]> =>
    changes.revisions.length === 0
      ? []
      : revisionRows(changes.revisions, await conversationOfMessages(transaction, changes))

  /**
   * Returns a function that runs the writing statements. `known` is the number
   * of the commit, if it was taken already; `loaded` are the conversations as this transaction found them.
   */
  return async (
    transaction: WriteTransaction,
    changes: Changes,
    loaded: readonly Conversation[],
    known?: number,
  ): Promise<() => Written> => {
    const numbered = known === undefined && changes.events.length > 0
    const commit = known ?? (numbered ? await transaction.commitNumber() : 0)
    const revisions = await revisionsOf(transaction, changes)
    const writeReactions = await reactionsOf(transaction, changes)
    const conversations = conversationWrites(changes, commit, loaded)
    const messages = messageWrites(changes)
    const statements = () => [
      transaction.runEach(upserts.users, inOrder(changes.users)),
      transaction.runEach(upserts.presences, changes.presences),
      transaction.runEach(upserts.conversations, conversations.others),
      transaction.runEach(updateConversations, conversations.existing),
      transaction.runEach(updateConversationsInSlot, conversations.inSlot),
      transaction.runEach(upserts.memberships, changes.memberships),
      transaction.runEach(endMemberships, changes.endedMemberships),
      transaction.runEach(insertMessages, messages.created),
      transaction.runEach(upserts.messages, messages.others),
      transaction.runEach(upserts.revisions, revisions),
      ...writeReactions(),
      transaction.runEach(upserts.threads, changes.threads),
      transaction.runEach(upserts.threadStates, changes.threadStates),
      transaction.runEach(upserts.mentions, changes.mentionsAdded),
      removeMentions(transaction, changes.mentionsRemoved),
      transaction.runEach(insertAuditEntries, changes.audit),
      transaction.runEach(upserts.idempotencyKeys, changes.idempotencyKeys),
      transaction.runEach(
        upserts.events,
        changes.events.map(event => ({ ...event, commitId: commit })),
      ),
    ]
    return () => {
      const returned = returnConversations(transaction, changes)
      const states = transaction.runEach(upserts.viewerStates, changes.viewerStates)
      return { written: [...statements(), returned, states], returned }
    }
  }
}
