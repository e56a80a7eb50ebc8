import { unavailable } from '@cpc-messenger/messenger'
import { sql } from 'kysely'
import { number } from '../../tables/definition/codec.ts'
import { row as rowOf } from '../../tables/definition/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import type { SqlDialect } from '../statements/dialect.ts'
import type { SqlEngine, WriteTransaction } from '../statements/engine.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { migrations } from './schema.ts'

export const newestSchema = migrations.length

const versionRow = rowOf({ schema_version: number })

const execute = async (transaction: WriteTransaction, dialect: SqlDialect, text: string): Promise<void> => {
  const compiler = new StatementCompiler(dialect)
  await transaction.run(
    compiler.command('migration')(() => sql.raw(text)),
    {},
  )
}

const oneAtATime = async (transaction: WriteTransaction, dialect: SqlDialect): Promise<void> => {
  const { migrationLock } = dialect
  if (migrationLock === undefined) return
  await transaction.run(
    new StatementCompiler(dialect).command('migration lock')(() => migrationLock),
    {},
  )
}

const versionIn = async (transaction: WriteTransaction, dialect: SqlDialect, newEpoch: string): Promise<number> => {
  const compiler = new StatementCompiler(dialect)
  const { text, integer, bigint, table } = dialect
  await execute(
    transaction,
    dialect,
    `create table if not exists meta (
      id ${integer} not null primary key,
      epoch ${text} not null,
      schema_version ${integer} not null,
      last_commit ${bigint} not null
    ) ${table}`,
  )
  const first = compiler.command<{ epoch: string }>('first meta row')(
    (_, param) => sql`insert into meta (id, epoch, schema_version, last_commit)
      values (1, ${param('epoch')}, 0, 0) on conflict do nothing`,
  )
  await transaction.run(first, { epoch: newEpoch })
  const version = compiler.statement('schema version')(versionRow, db => db.selectFrom('meta').select('schema_version'))
  const [row] = await transaction.rows(version, {})
  return row?.schema_version ?? 0
}

/** While data is being moved into the database, its version is the negative of its later version. */
export const requireFilled = (version: number): void => {
  if (version < 0)
    throw unavailable(
      'The database is being filled by messenger migrate --from: wait until it ends, or run it again if it was interrupted.',
    )
}

const refuseNewer = (version: number): void => {
  if (version > newestSchema)
    throw new DataFileError(
      `The database has schema ${version}, made by a newer messenger; this one knows ${newestSchema} at most. Start the newer one.`,
    )
}

/** Migrates the database to the newest schema, each step in its own transaction. A newer schema is refused. */
export const migrate = async (engine: SqlEngine, newEpoch: string): Promise<void> => {
  const { dialect } = engine
  const compiler = new StatementCompiler(dialect)
  const raise = compiler.command<{ version: number }>('raise the schema version')((db, param) =>
    db.updateTable('meta').set({ schema_version: param('version') }),
  )
  for (;;) {
    await using transaction = await engine.begin()
    await oneAtATime(transaction, dialect)
    const version = await versionIn(transaction, dialect, newEpoch)
    requireFilled(version)
    refuseNewer(version)
    const step = migrations[version]
    if (step === undefined) return await transaction.commit()
    for (const text of step(dialect)) await execute(transaction, dialect, text)
    await transaction.run(raise, { version: version + 1 })
    await transaction.commit()
  }
}

/** For a read-only database, which cannot be migrated. */
export const requireNewest = async (engine: SqlEngine): Promise<void> => {
  const compiler = new StatementCompiler(engine.dialect)
  const version = compiler.statement('schema version, read')(versionRow, db =>
    db.selectFrom('meta').select('schema_version'),
  )
  const [row] = await engine.latest.rows(version, {})
  if (row?.schema_version !== newestSchema)
    throw unavailable(
      `The data was moved to another database, and this one has the older schema ${row?.schema_version}. Read it with the version of messenger that moved it.`,
    )
}
