import type { Conversation, ConversationId, Needs } from '@cpc-messenger/messenger'
import { conversations as conversationTable } from '../../tables/conversations/conversations.ts'
import { commit as commitNumber, conversationId, text } from '../../tables/definition/codec.ts'
import { bothOf, row } from '../../tables/definition/row.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { WriteTransaction } from '../statements/engine.ts'
import { jsonSet } from '../statements/json-set.ts'
import type { StatementCompiler } from '../statements/statement.ts'

/** The most names that one batch locks: they take up space in a table that all writers share. */
const maxNames = 300

/** Names of things that may not exist yet or belong to no conversation, so that there is no row to lock. */
const namesOf = (need: Needs): readonly string[] => [
  ...(need.directPairs ?? []).map(pair => `pair ${pair}`),
  ...(need.idempotencyKeys ?? []).map(({ userId, key }) => `idempotency ${userId} ${key}`),
  ...(need.conversationKeys ?? []).map(key => `key ${key}`),
  ...(need.users ?? []).map(id => `user ${id}`),
]

/** The names of each command, up to the maximum of a batch; those of the first command always. */
const wantedNames = (needs: readonly Needs[]): readonly (readonly string[] | undefined)[] => {
  const all = new Set<string>()
  return needs.map((need, index) => {
    const names = namesOf(need)
    if (index > 0 && names.length > 0 && all.size + names.length > maxNames) return undefined
    for (const name of names) all.add(name)
    return names
  })
}

/** A conversation, and the number of the commit that last appended to its log. */
const lockedRow = bothOf(conversationTable.row, row({ last_commit: commitNumber }))

const lockStatements = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const { locks } = dialect
  if (locks === undefined) return undefined
  const statements = (wait: boolean) => ({
    conversations: compiler.statement<{ set: string }>(`lock conversations${wait ? ', waiting' : ''}`)(
      lockedRow,
      (_, param) => locks.conversations(param('set'), wait),
    ),
    names: compiler.statement<{ set: string }>(`lock names${wait ? ', waiting' : ''}`)(
      row({ name: text }),
      (_, param) => locks.names(param('set'), wait),
    ),
  })
  return {
    lockTimeout: compiler.command('lockTimeout')(() => locks.lockTimeout),
    waiting: statements(true),
    passing: statements(false),
    existing: compiler.statement<{ set: string }>('which conversations exist')(
      row({ id: conversationId }),
      (db, param) =>
        db
          .selectFrom('conversations')
          .select('id')
          .where(dialect.among('id', param('set'))),
    ),
  }
}

/** Keeps batches of several writers apart. With a single writer nothing is locked and no command is deferred. */
export const batchLocking = (compiler: StatementCompiler, dialect: SqlDialect) => {
  const made = lockStatements(compiler, dialect)

  return (transaction: WriteTransaction, wait: boolean) => {
    if (made === undefined)
      return {
        holds: false,
        conversations: (_ofCommands: readonly ReadonlySet<ConversationId>[]): undefined => undefined,
        names: async (_needs: readonly Needs[]): Promise<void> => undefined,
        outcome: async () => ({ deferred: [], commit: undefined }),
      }
    const statements = wait ? made.waiting : made.passing
    if (wait) transaction.run(made.lockTimeout, {}).catch(() => undefined)
    const commit = transaction.commitNumber()
    // Awaited last, so that an earlier failure is reported first.
    commit.catch(() => undefined)
    const deferred = new Set<number>()
    let newestCommit = 0
    return {
      holds: true,

      /** The conversations that could be locked. A command about another existing one is deferred. */
      conversations: async (ofCommands: readonly ReadonlySet<ConversationId>[]): Promise<readonly Conversation[]> => {
        const set = jsonSet(ofCommands.flatMap(ids => [...ids]))
        if (set === '[]') return []
        const rows = await transaction.rows(statements.conversations, { set })
        for (const [, { last_commit }] of rows) newestCommit = Math.max(newestCommit, last_commit)
        const locked = rows.map(([conversation]) => conversation)
        const held = new Set(locked.map(row => row.id))
        const missing = new Set(ofCommands.flatMap(ids => [...ids.difference(held)]))
        if (missing.size === 0) return locked
        const existing = await transaction.rows(made.existing, { set: jsonSet(missing) })
        const passed = new Set(existing.map(row => row.id))
        for (const [index, ids] of ofCommands.entries()) if (!ids.isDisjointFrom(passed)) deferred.add(index)
        return locked
      },

      names: async (needs: readonly Needs[]): Promise<void> => {
        const wanted = wantedNames(needs)
        const set = jsonSet(wanted.flatMap(names => names ?? []))
        const held = new Set(
          set === '[]' ? [] : (await transaction.rows(statements.names, { set })).map(row => row.name),
        )
        for (const [index, names] of wanted.entries())
          if (names === undefined || names.some(name => !held.has(name))) deferred.add(index)
      },

      /** Commit numbers never decrease along a log, in any order in which transactions acquire the lock. */
      outcome: async () => ({
        deferred: [...deferred].toSorted((one, other) => one - other),
        commit: Math.max(newestCommit, await commit),
      }),
    }
  }
}
