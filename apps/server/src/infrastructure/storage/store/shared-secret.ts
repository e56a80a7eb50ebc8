import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { text } from '../../tables/definition/codec.ts'
import { row as rowOf } from '../../tables/definition/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import type { SqlEngine } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'

const secretBytes = 32
/** 32 bytes in base64url. */
const form = /^[\w-]{43}$/

/**
 * The secret that all nodes of a database share, in the table `bus_secret`. The first call makes it: of several at once, one
 * succeeds and all return its secret.
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
    throw new DataFileError(
      'The table bus_secret does not hold a valid secret. Delete its row: the next start makes a new one.',
    )
  return row.secret
}
