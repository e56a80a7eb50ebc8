import { DataFileError } from '../errors/data-file-error.ts'
import { PostgresCheckSession } from '../postgres/check-session.ts'
import { newestSchema, requireFilled } from '../schema/migrations.ts'
import { SqliteCheckSession } from '../sqlite/check-session.ts'
import { auditRules } from './audit-rules.ts'
import type { CheckSession } from './check-session.ts'
import { conversationRules } from './conversation-rules.ts'
import { currentReactions } from './current-reactions.ts'
import { historyRules } from './history-rules.ts'
import { logRules } from './log-rules.ts'
import { messageRules } from './message-rules.ts'
import { presenceRules } from './presence-rules.ts'
import { reactionRules } from './reaction-rules.ts'
import { type BrokenRow, brokenRow, type Rule } from './rule.ts'
import { secretRules } from './secret-rules.ts'
import { threadRules } from './thread-rules.ts'
import { userRules } from './user-rules.ts'
import { viewerStateRules } from './viewer-state-rules.ts'

/** One violation of an invariant by the stored data. */
export interface Finding {
  /** The name of the invariant. */
  readonly kind: string
  readonly conversationId?: string
  /** The violating object: an id, or an event of the conversation. */
  readonly subject: string
  readonly detail: string
}

export const rules: readonly Rule[] = [
  ...logRules,
  ...messageRules,
  ...historyRules,
  ...reactionRules,
  ...threadRules,
  ...conversationRules,
  ...secretRules,
  ...userRules,
  ...viewerStateRules,
  ...presenceRules,
  ...auditRules,
]

const findingOf = (kind: string, { conversation_id, subject, detail }: BrokenRow): Finding => ({
  kind,
  ...(conversation_id === null ? {} : { conversationId: conversation_id }),
  subject,
  detail,
})

const requireSchema = (version: number | undefined): void => {
  requireFilled(version ?? 0)
  if (version !== newestSchema)
    throw new DataFileError(`The database has schema ${version}; this messenger checks schema ${newestSchema}.`)
}

async function* brokenBy({ sql }: Rule, session: CheckSession): AsyncGenerator<BrokenRow> {
  const pages = session.pages(brokenRow, typeof sql === 'string' ? sql : sql(session.ruleDialect))
  for await (const page of pages) yield* page
}

/** If a damaged file cannot be read, that is a finding too. */
async function* findingsOf(
  kind: string,
  broken: Iterable<BrokenRow> | AsyncIterable<BrokenRow>,
): AsyncGenerator<Finding> {
  try {
    for await (const row of broken) yield findingOf(kind, row)
  } catch (error) {
    yield { kind: 'unreadable', subject: kind, detail: error instanceof Error ? error.message : String(error) }
  }
}

async function* findingsIn(session: CheckSession): AsyncGenerator<Finding, void, undefined> {
  for (const rule of rules) yield* findingsOf(rule.kind, brokenBy(rule, session))
  yield* findingsOf('wrong-reaction', currentReactions(session))
}

/**
 * Scans the stored data in one snapshot and yields every violation of an invariant. It only reads: a server may be running on
 * the file.
 */
export async function* checkSqliteFile(file: string): AsyncGenerator<Finding, void, undefined> {
  using session = new SqliteCheckSession(file)
  requireSchema(session.schemaVersion())
  yield* findingsOf('damaged-file', session.damage())
  yield* findingsIn(session)
}

/** Like `checkFile`, for a PostgreSQL database. Nodes may be running on it. */
export async function* checkPostgresDatabase(url: string): AsyncGenerator<Finding, void, undefined> {
  await using session = await PostgresCheckSession.open(url)
  requireSchema(await session.schemaVersion())
  yield* findingsIn(session)
}
