import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { text } from '../../tables/definition/codec.ts'
import { row as rowOf } from '../../tables/definition/row.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { SqlEngine } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'

const readStatement = (dialect: SqlDialect) =>
  new StatementCompiler(dialect).statement('epoch')(rowOf({ epoch: text }), db => db.selectFrom('meta').select('epoch'))

/** The epoch of a database whose schema is up to date. */
export const epochOf = async (engine: SqlEngine): Promise<string> => {
  const [row] = await engine.latest.rows(readStatement(engine.dialect), {})
  if (row === undefined) throw new Error('the database has no epoch: its table "meta" is empty')
  return row.epoch
}

/**
 * Writes a new epoch and returns it, so that positions in the earlier logs get RESYNC. If the database already has another
 * epoch than `known`, it keeps that one: of several nodes that call this at once, one succeeds.
 */
export const renewEpoch = async (engine: SqlEngine, known?: string): Promise<string> => {
  const { dialect } = engine
  const compiler = new StatementCompiler(dialect)
  const renew = compiler.command<{ epoch: string; known: string }>('renew the epoch')((db, param) =>
    db
      .updateTable('meta')
      .set({ epoch: param('epoch') })
      .where('id', '=', 1)
      .where('epoch', '=', param('known')),
  )
  await using transaction = await engine.begin()
  const [stored] = await transaction.rows(readStatement(dialect), {})
  if (stored === undefined) throw new TypeError('the database has no epoch: its table "meta" is empty')
  const epoch = randomUUID()
  const renewed = await transaction.run(renew, { epoch, known: known ?? stored.epoch })
  // Announcements signed with the old secret are refused from now on.
  if (renewed === 1)
    await transaction.run(
      compiler.command('delete the bus secret')(() => sql`delete from bus_secret`),
      {},
    )
  const { raiseCommits } = dialect
  if (raiseCommits !== undefined)
    await transaction.run(
      compiler.command('raise the numbers of commits')(() => raiseCommits),
      {},
    )
  await transaction.commit()
  return renewed === 1 ? epoch : await epochOf(engine)
}
