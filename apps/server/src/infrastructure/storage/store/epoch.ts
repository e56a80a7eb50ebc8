import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { text } from '../../tables/codec.ts'
import { row as rowOf } from '../../tables/row.ts'
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
 * Gives the database a new epoch and answers it, so that positions in what the logs were before are told RESYNC. Where it
 * has another one than `known` already, it keeps that: of several who find out the same, one renews.
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
  // Whoever knew the secret of before is not believed any more.
  if (renewed === 1)
    await transaction.run(
      compiler.command('forget the bus secret')(() => sql`delete from bus_secret`),
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
