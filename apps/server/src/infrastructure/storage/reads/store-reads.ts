import type { SqlDialect } from '../statements/dialect.ts'
import type { StatementCompiler } from '../statements/statement.ts'
import { conversationReads } from './conversation-reads.ts'
import { inboxReads } from './inbox-reads.ts'
import { logReads } from './log-reads.ts'
import { memberReads } from './member-reads.ts'
import { messageReads } from './message-reads.ts'
import { reactionReads } from './reaction-reads.ts'
import { userReads } from './user-reads.ts'

/** Every read that the store answers, its statements compiled. */
export const storeReads = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const rows = {
    ...userReads(compiler, dialect),
    ...conversationReads(compiler, dialect),
    ...memberReads(compiler, dialect),
    ...messageReads(compiler, dialect),
    ...reactionReads(compiler, dialect),
  }
  return { ...rows, ...logReads(compiler, dialect, rows), ...inboxReads(compiler, dialect) }
}

export type StoreReads = ReturnType<typeof storeReads>
