import { nextCommit } from '../../../apps/server/src/infrastructure/storage/sqlite/commit-number.ts'
import { sqliteDialect } from '../../../apps/server/src/infrastructure/storage/sqlite/dialect.ts'
import { StatementCompiler } from '../../../apps/server/src/infrastructure/storage/statements/statement.ts'
import {
  otherWriteStatements,
  upsertStatements,
} from '../../../apps/server/src/infrastructure/storage/statements/write-statements.ts'
import { batchLoading } from '../../../apps/server/src/infrastructure/storage/store/batch-loading.ts'

/** The same statements by which the store loads and writes a batch of sends. */
export const bareStatements = () => {
  const compiler = new StatementCompiler(sqliteDialect)
  const upserts = upsertStatements(compiler)
  const { insertMessages, updateConversations } = otherWriteStatements(compiler)
  batchLoading(compiler, sqliteDialect)
  const loading = (name: string): string => {
    const found = compiler.made.find(statement => statement.name === name)
    if (found === undefined) throw new Error(`the store has no statement "${name}"`)
    return found.sql
  }
  return {
    nextCommit,
    conversations: updateConversations,
    messages: insertMessages,
    events: upserts.events,
    /** Each takes one JSON text. */
    loads: {
      sent: loading('load sent messages'),
      conversations: loading('load conversations by id'),
      memberships: loading('load memberships'),
    },
  }
}
