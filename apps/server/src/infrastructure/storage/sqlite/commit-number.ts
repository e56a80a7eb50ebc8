import { sql } from 'kysely'
import { commit } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { sqliteDialect } from './dialect.ts'

/** Takes the next commit number. Only one transaction writes at a time. */
export const nextCommit = new StatementCompiler(sqliteDialect).statement('next commit')(
  row({ commit }),
  () => sql`update meta set last_commit = last_commit + 1 where id = 1 returning last_commit as "commit"`,
)
