import { randomUUID } from 'node:crypto'
import type { SqlEngine } from './sql-engine.ts'
import { StatementCompiler } from './statement.ts'

/**
 * Gives the database a new epoch and answers it, so that positions in what the logs were before are told RESYNC. A server
 * reads the epoch when it opens its store: none may be running on the database.
 */
export const renewEpoch = async (engine: SqlEngine): Promise<string> => {
  const compiler = new StatementCompiler(engine.dialect)
  const renew = compiler.statement<{ epoch: string }>('renew the epoch')((db, param) =>
    db
      .updateTable('meta')
      .set({ epoch: param('epoch') })
      .where('id', '=', 1),
  )
  const epoch = randomUUID()
  await using transaction = await engine.begin()
  if ((await transaction.run(renew, { epoch })) !== 1)
    throw new TypeError('the database has no epoch: its table "meta" is empty')
  await transaction.commit()
  return epoch
}
