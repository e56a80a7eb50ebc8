import { conversationRules } from './checks/conversation-rules.ts'
import { logRules } from './checks/log-rules.ts'
import { messageRules } from './checks/message-rules.ts'
import { reactionRules } from './checks/reaction-rules.ts'
import type { BrokenRow, Rule } from './checks/rule.ts'
import { standingReactions } from './checks/standing-reactions.ts'
import { newestSchema } from './migrations.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { sqliteDialect } from './sqlite-dialect.ts'

/** One invariant that the stored data breaks. */
export interface Finding {
  /** Which invariant; a word or two, always the same for the same one. */
  readonly kind: string
  readonly conversationId?: string
  /** What breaks it: an id, or an event of the conversation. */
  readonly subject: string
  readonly detail: string
}

export const rules: readonly Rule[] = [...logRules, ...messageRules, ...reactionRules, ...conversationRules]

const findingOf = (kind: string, { conversation_id, subject, detail }: BrokenRow): Finding => ({
  kind,
  ...(conversation_id === null ? {} : { conversationId: conversation_id }),
  subject,
  detail,
})

const requireSchema = (connection: SqliteConnection): void => {
  const [meta] = connection.query<{ schema_version: number }>('select schema_version from meta where id = 1')
  if (meta?.schema_version !== newestSchema)
    throw new Error(`The database has schema ${meta?.schema_version}; this messenger checks schema ${newestSchema}.`)
}

function* damage(connection: SqliteConnection): Generator<BrokenRow> {
  for (const { integrity_check: detail } of connection.query<{ integrity_check: string }>('pragma integrity_check'))
    if (detail !== 'ok') yield { conversation_id: null, subject: 'database file', detail }
}

function* brokenBy(rule: Rule, connection: SqliteConnection): Generator<BrokenRow> {
  const statement = {
    ...rule,
    name: rule.kind,
    values: () => [],
    typed: (rows: readonly unknown[]) => rows as BrokenRow[],
  }
  yield* connection.each(statement, {})
}

/** What a damaged file makes unreadable is a finding too. */
function* findingsOf(kind: string, broken: Iterable<BrokenRow>): Generator<Finding> {
  try {
    for (const row of broken) yield findingOf(kind, row)
  } catch (error) {
    yield { kind: 'unreadable', subject: kind, detail: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Walks the stored data in one snapshot and tells every invariant that it finds broken. Reads only: a server may be
 * running on the file.
 */
export async function* checkSqliteFile(file: string): AsyncGenerator<Finding, void, undefined> {
  using connection = new SqliteConnection({
    file,
    readOnly: true,
    pragmas: ['busy_timeout = 5000', 'query_only = on', 'cache_size = -64000', 'temp_store = file'],
  })
  connection.execute('begin')
  requireSchema(connection)
  yield* findingsOf('damaged-file', damage(connection))
  for (const rule of rules) yield* findingsOf(rule.kind, brokenBy(rule, connection))
  yield* findingsOf('wrong-reaction', standingReactions(connection, sqliteDialect))
}
