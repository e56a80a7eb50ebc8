import type { EndedMemberships } from '@cpc-messenger/messenger'
import { type RawBuilder, sql } from 'kysely'
import type { OnConflict, Table, TableColumn } from '../../tables/definition/table.ts'
import type { TableName } from '../../tables/tables.ts'
import { tables } from '../../tables/tables.ts'
import type { RowsStatement, StatementCompiler } from './statement.ts'

/** The parts of a table that writing needs. */
type Written<Input> = Pick<Table<never, Input>, 'columns'>

const assignment = (table: string, column: string, onConflict: OnConflict): RawBuilder<unknown>[] => {
  const stored = sql.ref(`${table}.${column}`)
  const given = sql.ref(`excluded.${column}`)
  switch (onConflict) {
    case 'key':
    case 'kept':
      return []
    case 'replaced':
      return [sql`${sql.ref(column)} = ${given}`]
    case 'greatest':
      return [sql`${sql.ref(column)} = case when ${given} > ${stored} then ${given} else ${stored} end`]
  }
}

const assignments = <Input>(table: TableName, columns: readonly TableColumn<Input>[]): RawBuilder<unknown>[] =>
  columns.flatMap(({ name, onConflict }) => assignment(table, name, onConflict))

const namesOf = <Input>(columns: readonly TableColumn<Input>[]) => sql.join(columns.map(({ name }) => sql.ref(name)))

const keyOf = <Input>(columns: readonly TableColumn<Input>[]): readonly TableColumn<Input>[] =>
  columns.filter(({ onConflict }) => onConflict === 'key')

/** Writes whole rows whose keys are not stored yet; a stored one is an error. */
const insertStatement = <Input>(
  compiler: StatementCompiler,
  table: TableName,
  { columns }: Written<Input>,
): RowsStatement<Input> =>
  compiler.rowsStatement(
    `insert ${table}`,
    table,
    columns,
    given => sql`insert into ${sql.table(table)} (${namesOf(columns)}) ${given}`,
  )

/** Writes whole rows over those with the same keys; a row whose key is not stored is ignored. */
const updateStatement = <Input>(
  compiler: StatementCompiler,
  table: TableName,
  { columns }: Written<Input>,
  name = `update ${table}`,
): RowsStatement<Input> => {
  const key = keyOf(columns).map(
    column => sql`${sql.ref(`${table}.${column.name}`)} = ${sql.ref(`excluded.${column.name}`)}`,
  )
  return compiler.rowsStatement(
    name,
    table,
    columns,
    given => sql`
      with excluded(${namesOf(columns)}) as (${given})
      update ${sql.table(table)} set ${sql.join(assignments(table, columns))}
      from excluded where ${sql.join(key, sql` and `)}`,
  )
}

/** Writes whole rows, each over the stored one with the same key if there is one. */
export const upsertStatement = <Input>(
  compiler: StatementCompiler,
  table: TableName,
  { columns }: Written<Input>,
  name = `write ${table}`,
): RowsStatement<Input> => {
  const sets = assignments(table, columns)
  const conflict =
    sets.length === 0 ? sql`` : sql`on conflict (${namesOf(keyOf(columns))}) do update set ${sql.join(sets)}`
  return compiler.rowsStatement(
    name,
    table,
    columns,
    given => sql`insert into ${sql.table(table)} (${namesOf(columns)}) ${given} ${conflict}`,
  )
}

/** One for each table that is written row by row. */
export const upsertStatements = (compiler: StatementCompiler) => ({
  users: upsertStatement(compiler, 'users', tables.users),
  presences: upsertStatement(compiler, 'presences', tables.presences),
  conversations: upsertStatement(compiler, 'conversations', tables.conversations),
  memberships: upsertStatement(compiler, 'memberships', tables.memberships),
  messages: upsertStatement(compiler, 'messages', tables.messages),
  revisions: upsertStatement(compiler, 'message_revisions', tables.message_revisions),
  idempotencyKeys: upsertStatement(compiler, 'idempotency_keys', tables.idempotency_keys),
  reactions: upsertStatement(compiler, 'reactions', tables.reactions),
  events: upsertStatement(compiler, 'events', tables.events),
  threads: upsertStatement(compiler, 'threads', tables.threads),
  threadStates: upsertStatement(compiler, 'thread_states', tables.thread_states),
  mentions: upsertStatement(compiler, 'mentions', tables.mentions),
  viewerStates: upsertStatement(compiler, 'viewer_states', tables.viewer_states),
})

/** The same columns, with one of them `kept`. */
const keeping = <Input>({ columns }: Written<Input>, name: string): Written<Input> => ({
  columns: columns.map(column => (column.name === name ? { ...column, onConflict: 'kept' } : column)),
})

/** The conversation and the sequence at which its memberships end. */
const endedColumns: readonly TableColumn<EndedMemberships>[] = [
  { name: 'conversation_id', onConflict: 'key', write: ({ conversationId }) => conversationId },
  { name: 'sequence', onConflict: 'kept', write: ({ sequence }) => sequence },
]

export const otherWriteStatements = (compiler: StatementCompiler) => ({
  insertMessages: insertStatement(compiler, 'messages', tables.messages),
  insertAuditEntries: insertStatement(compiler, 'audit_entries', tables.audit_entries),
  updateConversations: updateStatement(compiler, 'conversations', tables.conversations),
  /** For conversations whose activity slot does not change: the index on it is not touched. */
  updateConversationsInSlot: updateStatement(
    compiler,
    'conversations',
    keeping(tables.conversations, 'active_slot'),
    'update conversations in their slot',
  ),
  endMemberships: compiler.rowsStatement(
    'end memberships',
    'events',
    endedColumns,
    given => sql`
      with ended(conversation_id, sequence) as (${given})
      update memberships set left_sequence = ended.sequence from ended
      where memberships.conversation_id = ended.conversation_id and left_sequence is null`,
  ),
})
