import type { ConversationId } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import { conversationId as conversationIdCodec, count, messageId, text } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'

interface OfMessages {
  readonly ids: string
  readonly limit: number
}

interface OfHistory {
  readonly conversationId: ConversationId
  readonly generation: number
}

interface OfConversation {
  readonly conversationId: ConversationId
  readonly limit: number
}

const purgeStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  /** The first column of the key holds the id of a message. */
  const ofMessages = (table: string, key: readonly string[]) => {
    const columns = sql.join(key.map(column => sql.ref(column)))
    return compiler.command<OfMessages>(`purge ${table}`)(
      (_, param) => sql`
        delete from ${sql.table(table)} where (${columns}) in (
          select ${columns} from ${sql.table(table)}
          where ${dialect.among(key[0] ?? '', param('ids'))} limit ${param('limit')})`,
    )
  }
  const ids = (conversationId: RawBuilder<ConversationId>, limit: RawBuilder<number>) => sql`
    select id from messages where conversation_id = ${conversationId} order by sequence limit ${limit}`
  return {
    next: compiler.statement('conversation to purge')(
      row({ id: conversationIdCodec }),
      () => sql`
        select id from conversations where deleted_at is not null and purged = 0 order by id limit 1`,
    ),
    messageIds: compiler.statement<OfConversation>('messages to purge')(row({ id: messageId }), (_, param) =>
      ids(param('conversationId'), param('limit')),
    ),
    reactions: ofMessages('reactions', ['message_id', 'user_id', 'emoji']),
    counts: ofMessages('reaction_counts', ['message_id', 'emoji']),
    revisions: ofMessages('message_revisions', ['message_id', 'version']),
    mentions: ofMessages('mentions', ['message_id', 'user_id']),
    threadStates: ofMessages('thread_states', ['root_id', 'user_id']),
    threads: ofMessages('threads', ['root_id']),
    messages: compiler.command<OfConversation>('purge messages')(
      (_, param) => sql`delete from messages where id in (${ids(param('conversationId'), param('limit'))})`,
    ),
    events: compiler.command<OfConversation>('purge events')(
      (_, param) => sql`
        delete from events where conversation_id = ${param('conversationId')} and sequence in (
          select sequence from events where conversation_id = ${param('conversationId')}
            and sequence < (select last_sequence from conversations where id = ${param('conversationId')})
          order by sequence limit ${param('limit')})`,
    ),
    viewerStates: compiler.command<OfConversation>('purge viewer_states')(
      (_, param) => sql`
        delete from viewer_states where conversation_id = ${param('conversationId')} and user_id in (
          select user_id from viewer_states where conversation_id = ${param('conversationId')}
          order by user_id limit ${param('limit')})`,
    ),
    // The entry of the deletion is kept, for the server's administrators.
    audit: compiler.command<OfConversation>('purge audit_entries')(
      (_, param) => sql`
        delete from audit_entries where id in (
          select id from audit_entries
          where conversation_id = ${param('conversationId')} and action <> 'CONVERSATION_DELETED'
          order by id limit ${param('limit')})`,
    ),
    done: compiler.command<{ conversationId: ConversationId }>('mark as purged')(
      (_, param) => sql`
        update conversations set purged = 1, name = null, folded_name = '', topic = null, metadata = null, "key" = null
        where id = ${param('conversationId')}`,
    ),
  }
}

/** Statements for what refers to messages, which go before the messages. */
const ofMessagesFirst = (statements: ReturnType<typeof purgeStatements>) => [
  statements.reactions,
  statements.counts,
  statements.revisions,
  statements.mentions,
  statements.threadStates,
  statements.threads,
]

const historyStatements = (compiler: StatementCompiler) => ({
  next: compiler.statement('history to erase')(
    row({ id: conversationIdCodec, generation: count }),
    () => sql`
      select id, history_generation as generation from conversations
      where erased_generation < history_generation order by id limit 1`,
  ),
  revisions: compiler.command<OfHistory & { limit: number }>('erase revisions')(
    (_, param) => sql`
      delete from message_revisions where (message_id, version) in (
        select message_id, version from message_revisions
        where conversation_id = ${param('conversationId')} and history_generation < ${param('generation')}
        limit ${param('limit')})`,
  ),
  done: compiler.command<OfHistory>('mark history as erased')(
    (_, param) => sql`
      update conversations set erased_generation = ${param('generation')} where id = ${param('conversationId')}`,
  ),
})

/** Erases up to `limit` revisions of erased histories; returns how many. */
const historyErasing = (compiler: StatementCompiler) => {
  const statements = historyStatements(compiler)

  return async (transaction: WriteTransaction, limit: number): Promise<number> => {
    let erased = 0
    for (let histories = 0; erased < limit && histories < limit; histories += 1) {
      const [next] = await transaction.rows(statements.next, {})
      if (next === undefined) break
      const { id: conversationId, generation } = next
      const left = limit - erased
      const gone = await transaction.run(statements.revisions, { conversationId, generation, limit: left })
      if (gone < left) await transaction.run(statements.done, { conversationId, generation })
      erased += gone
    }
    return erased
  }
}

/**
 * Whether no other node erases now. Two that delete the same rows would each take the rows that the other has deleted for
 * the last ones.
 */
const exclusively = (compiler: StatementCompiler, { locks }: SqlDialect) => {
  if (locks === undefined) return async () => true
  const lock = compiler.statement<{ names: string }>('lock erasing')(row({ name: text }), (_, param) =>
    locks.names(param('names'), false),
  )
  return async (transaction: WriteTransaction): Promise<boolean> =>
    (await transaction.rows(lock, { names: jsonSet(['erasing']) })).length > 0
}

/** Erases up to `limit` rows of deleted conversations and of erased histories; returns how many. */
export const purging = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const statements = purgeStatements(compiler, dialect)
  const eraseHistories = historyErasing(compiler)
  const isAlone = exclusively(compiler, dialect)

  const purgeMessages = async (transaction: WriteTransaction, conversationId: ConversationId, limit: number) => {
    const oldest = await transaction.rows(statements.messageIds, { conversationId, limit })
    if (oldest.length === 0) return 0
    const ids = jsonSet(oldest.map(row => row.id))
    let erased = 0
    for (const statement of ofMessagesFirst(statements))
      if (erased < limit) erased += await transaction.run(statement, { ids, limit: limit - erased })
    // Nothing refers to these messages any more.
    if (erased < limit) erased += await transaction.run(statements.messages, { conversationId, limit: limit - erased })
    return erased
  }

  return async (transaction: WriteTransaction, limit: number): Promise<number> => {
    if (!(await isAlone(transaction))) return 0
    let erased = 0
    while (erased < limit) {
      const [next] = await transaction.rows(statements.next, {})
      if (next === undefined) break
      const conversationId = next.id
      const before = erased
      erased += await purgeMessages(transaction, conversationId, limit - erased)
      for (const statement of [statements.events, statements.viewerStates, statements.audit])
        if (erased < limit) erased += await transaction.run(statement, { conversationId, limit: limit - erased })
      if (erased === before) await transaction.run(statements.done, { conversationId })
    }
    if (erased < limit) erased += await eraseHistories(transaction, limit - erased)
    return erased
  }
}
