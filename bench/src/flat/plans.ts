import { DatabaseSync } from 'node:sqlite'
import { compileReads } from '../../../apps/server/src/infrastructure/storage/reads/store/store-reader.ts'
import { sqliteDialect } from '../../../apps/server/src/infrastructure/storage/sqlite/dialect.ts'
import { StatementCompiler } from '../../../apps/server/src/infrastructure/storage/statements/statement.ts'

/** The statements behind what is measured. */
const names = ['unread messages', 'first unread messages', 'timeline desc', 'conversations of a user by activity']

/** How SQLite runs them, from a file with its statistics. */
export const plansOf = (file: string): readonly string[] => {
  const compiler = new StatementCompiler(sqliteDialect)
  compileReads(compiler, sqliteDialect, { find: () => undefined })
  using database = new DatabaseSync(file, { readOnly: true })
  return compiler.made
    .filter(({ name }) => names.includes(name))
    .map(({ name, sql }) => {
      const steps = database.prepare(`explain query plan ${sql}`).all()
      return `plan of "${name}": ${steps.map(step => String(step.detail)).join('; ')}`
    })
}
