import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { text } from '../../tables/codec.ts'
import { row as rowOf } from '../../tables/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import type { SqlEngine } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'

const secretBytes = 32
/** 32 bytes in base64url. */
const form = /^[\w-]{43}$/

/**
 * The secret that all nodes on a database share, in its table `bus_secret`. Whoever asks first makes it: of several who do
 * so at once, one wins and all read its secret.
 */
export const sharedSecret = async (engine: SqlEngine): Promise<string> => {
  const compiler = new StatementCompiler(engine.dialect)
  const read = compiler.statement('bus secret')(rowOf({ secret: text }), () => sql`select secret from bus_secret`)
  const keep = compiler.command<{ secret: string }>('keep bus secret')(
    (_, param) => sql`insert into bus_secret (id, secret) values (1, ${param('secret')}) on conflict do nothing`,
  )
  let [row] = await engine.latest.rows(read, {})
  if (row === undefined) {
    await using transaction = await engine.begin()
    await transaction.run(keep, { secret: randomBytes(secretBytes).toString('base64url') })
    await transaction.commit()
    ;[row] = await engine.latest.rows(read, {})
  }
  if (row === undefined || !form.test(row.secret))
    throw new DataFileError('The table bus_secret does not hold a secret: delete its row, and a new one is made.')
  return row.secret
}
