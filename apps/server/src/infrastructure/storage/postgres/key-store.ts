import { sql } from 'kysely'
import { text } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { StatementCompiler } from '../statements/statement.ts'
import { PostgresEngine } from './engine.ts'

/** The signing key that all nodes of a database share, in the table `own_key`. The schema must be up to date. */
export const postgresKeyStore = (url: string) => {
  const withEngine = async <Result>(work: (engine: PostgresEngine, compiler: StatementCompiler) => Promise<Result>) => {
    await using engine = new PostgresEngine({ url, writers: 1, readers: 1 })
    return await work(engine, new StatementCompiler(engine.dialect))
  }
  return {
    name: 'The table own_key of the database',

    read: () =>
      withEngine(async (engine, compiler) => {
        const read = compiler.statement('own key')(row({ jwk: text }), () => sql`select jwk from own_key where id = 1`)
        return (await engine.latest.rows(read, {}))[0]?.jwk
      }),

    keepFirst: (jwk: string) =>
      withEngine(async (engine, compiler) => {
        await using transaction = await engine.begin()
        const keep = compiler.command<{ jwk: string }>('keep own key')(
          (_, param) => sql`insert into own_key (id, jwk) values (1, ${param('jwk')}) on conflict do nothing`,
        )
        await transaction.run(keep, { jwk })
        await transaction.commit()
      }),
  }
}
