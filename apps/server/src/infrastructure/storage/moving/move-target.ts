import { nullable, number, text } from '../../tables/definition/codec.ts'
import { row, storedRow } from '../../tables/definition/row.ts'
import { isRecord } from '../../tables/definition/shape.ts'
import { tables } from '../../tables/tables.ts'
import { MigrationError } from '../errors/migration-error.ts'
import { PostgresEngine } from '../postgres/engine.ts'
import { PostgresSession } from '../postgres/session.ts'
import { migrate, newestSchema } from '../schema/migrations.ts'
import type { MovedKey, MovedRow, MovedTable } from './moved-tables.ts'

/** An arbitrary number that must be the same in all versions. */
const lockId = 4_350_434_002

const quoted = (columns: readonly string[]): string => columns.map(column => `"${column}"`).join(', ')

/** The rows of a JSON array, as rows of this table. */
const given = (table: string, place: string): string => `json_populate_recordset(null::"${table}", ${place}::json)`

const upsert = (table: MovedTable, columns: readonly string[]): string => {
  const { key } = tables[table]
  const sets = columns.filter(column => !key.includes(column)).map(column => `"${column}" = excluded."${column}"`)
  return `insert into "${table}" (${quoted(columns)}) select ${quoted(columns)} from ${given(table, '$1')}
    on conflict (${quoted(key)}) do update set ${sets.join(', ')}`
}

/** A conversation may have lost its key to another one, which is written now and gets the key. */
const freeKeys = `update conversations as c set "key" = null from ${given('conversations', '$1')} as g
  where c."key" = g."key" and c.id <> g.id`

const parseKey = (json: string): MovedKey => {
  const given: unknown = JSON.parse(json)
  if (!isRecord(given)) throw new TypeError('the progress of the move holds no key')
  return storedRow.bind(Object.keys(given))(Object.values(given))
}

/** The state of a move. */
export interface Begun {
  /** Whether this call began it. */
  readonly isNew: boolean
  /** The number of the source's commit up to which changes were copied. */
  readonly followed: number
}

/** The database to fill. No server can use it before `finish`. */
export class MoveTarget implements AsyncDisposable {
  readonly #session: PostgresSession

  private constructor(session: PostgresSession) {
    this.#session = session
  }

  /** Rejects while another move fills the same database. */
  static async open(url: string): Promise<MoveTarget> {
    const session = await PostgresSession.open({ url, name: 'messenger migrate' })
    try {
      const locked = await session.rows(row({}), 'select 1 where pg_try_advisory_lock($1)', [lockId])
      if (locked.length === 0)
        throw new MigrationError('Another messenger migrate is filling this database. Wait for it to end, or stop it.')
      // If the database crashes, lost rows are copied again, because their progress is lost too.
      await session.run('set synchronous_commit = off')
      return new MoveTarget(session)
    } catch (error) {
      await session[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The epoch of the data, if a move to this database was finished. */
  async movedEpoch(): Promise<string | undefined> {
    const meta = await this.#meta()
    return meta !== undefined && meta.schema_version >= 0 && !(await this.#isEmpty()) ? meta.epoch : undefined
  }

  /** Whether a move was begun and not finished. */
  async isBeingFilled(): Promise<boolean> {
    return ((await this.#meta())?.schema_version ?? 0) < 0
  }

  /** Creates the tables, or reads the progress of an interrupted move. A database with other data is refused. */
  async begin(url: string, source: { readonly epoch: string; readonly last_commit: number }): Promise<Begun> {
    if (await this.isBeingFilled()) return this.#resume(source)
    await this.#requireNoNodes()
    await this.#makeTables(url, source.epoch)
    if (!(await this.#isEmpty()))
      throw new MigrationError(
        'The database has data already: name an empty one, or one that a move of this file began to fill.',
      )
    await this.#session.run('begin')
    await this.#session.run(`create table migration_progress (step text primary key, last_key text, followed bigint)`)
    await this.#session.run(`insert into migration_progress values ('log', null, $1)`, [source.last_commit])
    await this.#session.run('update meta set schema_version = $1, epoch = $2', [-newestSchema, source.epoch])
    await this.#session.run('commit')
    return { isNew: true, followed: source.last_commit }
  }

  /** The key up to which a table was copied; undefined if nothing was copied. */
  async copied(table: MovedTable): Promise<MovedKey | undefined> {
    await this.#session.run('insert into migration_progress (step) values ($1) on conflict do nothing', [table])
    const [found] = await this.#session.rows(
      row({ last_key: nullable(text) }),
      'select last_key from migration_progress where step = $1',
      [table],
    )
    return found?.last_key == null ? undefined : parseKey(found.last_key)
  }

  /** Writes a page and the progress of its table in one statement; nothing if the page before was not written. */
  async copy(table: MovedTable, rows: readonly MovedRow[], from: MovedKey | undefined, to: MovedKey): Promise<void> {
    const json = JSON.stringify(rows)
    const freed = this.#freeKeys(table, json)
    const copied = this.#session.run(
      `with page as (${upsert(table, Object.keys(rows[0] ?? {}))})
        update migration_progress set last_key = $2 where step = $3 and last_key is not distinct from $4`,
      [json, JSON.stringify(to), table, from === undefined ? null : JSON.stringify(from)],
    )
    const [changed] = await Promise.all([copied, freed])
    if (changed !== 1) throw new MigrationError('Another process changed the progress of the move.')
  }

  /** Writes rows over those with the same keys. Each key may occur once. */
  async write(table: MovedTable, rows: readonly MovedRow[]): Promise<void> {
    const [first] = rows
    if (first === undefined) return
    const json = JSON.stringify(rows)
    await Promise.all([this.#freeKeys(table, json), this.#session.run(upsert(table, Object.keys(first)), [json])])
  }

  /** Removes the rows of which these columns have one of these sets of values. */
  async remove(table: MovedTable, columns: readonly string[], keys: readonly MovedKey[]): Promise<void> {
    if (keys.length === 0) return
    const same = columns.map(column => `t."${column}" = g."${column}"`).join(' and ')
    await this.#session.run(`delete from "${table}" as t using ${given(table, '$1')} as g where ${same}`, [
      JSON.stringify(keys),
    ])
  }

  /** Removes the revisions that these conversations have erased. */
  async eraseHistories(conversations: readonly MovedRow[]): Promise<void> {
    await this.#session.run(
      `delete from message_revisions as t using ${given('conversations', '$1')} as g
        where t.conversation_id = g.id and t.history_generation < g.history_generation`,
      [JSON.stringify(conversations)],
    )
  }

  /** Which of these conversations are already erased here. */
  async erased(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#session.rows(
      row({ id: text }),
      'select id from conversations where purged = 1 and id = any(array(select json_array_elements_text($1::json)))',
      [JSON.stringify(ids)],
    )
    return new Set(rows.map(({ id }) => id))
  }

  async follow(commit: number): Promise<void> {
    await this.#session.run(`update migration_progress set followed = $1 where step = 'log'`, [commit])
  }

  async analyse(): Promise<void> {
    await this.#session.run('analyze')
  }

  /** Makes the database usable for servers. New commit numbers are greater than those of the source. */
  async finish({
    lastCommit,
    ownKey,
  }: {
    readonly lastCommit: number
    readonly ownKey: string | undefined
  }): Promise<void> {
    await this.#session.run('begin')
    await this.#session.run('set local synchronous_commit = on')
    if (ownKey !== undefined)
      await this.#session.run(
        'insert into own_key (id, jwk) values (1, $1) on conflict (id) do update set jwk = excluded.jwk',
        [ownKey],
      )
    await this.#session.run('update meta set last_commit = $1, schema_version = $2', [lastCommit, newestSchema])
    await this.#session.run('drop table migration_progress')
    await this.#session.run('commit')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session[Symbol.asyncDispose]()
  }

  async #freeKeys(table: MovedTable, json: string): Promise<void> {
    if (table === 'conversations') await this.#session.run(freeKeys, [json])
  }

  async #resume({ epoch, last_commit }: { readonly epoch: string; readonly last_commit: number }): Promise<Begun> {
    const meta = await this.#meta()
    if (meta?.epoch !== epoch)
      throw new MigrationError('Another move to this database was begun from other data: name an empty database.')
    if (meta.schema_version !== -newestSchema)
      throw new MigrationError('Another version of messenger began to fill this database: name an empty one.')
    const [found] = await this.#session.rows(
      row({ followed: number }),
      `select followed from migration_progress where step = 'log'`,
    )
    if (found === undefined || found.followed > last_commit)
      throw new MigrationError(
        'The file is older than the data that was already copied from it: name an empty database.',
      )
    return { isNew: false, followed: found.followed }
  }

  /** Running nodes would use the incomplete data; once the move has begun, no node can start. */
  async #requireNoNodes(): Promise<void> {
    const nodes = await this.#session.rows(
      row({}),
      `select pid from pg_stat_activity where datname = current_database() and application_name like 'messenger, %'`,
    )
    if (nodes.length > 0) throw new MigrationError('A server is running on the target database: stop it first.')
  }

  async #makeTables(url: string, epoch: string): Promise<void> {
    await using engine = new PostgresEngine({ url, writers: 1, readers: 1 })
    await migrate(engine, epoch)
  }

  async #meta(): Promise<{ readonly epoch: string; readonly schema_version: number } | undefined> {
    const existing = await this.#session.rows(row({}), `select 1 where to_regclass('meta') is not null`)
    if (existing.length === 0) return undefined
    const [found] = await this.#session.rows(
      row({ epoch: text, schema_version: number }),
      'select epoch, schema_version from meta where id = 1',
    )
    return found
  }

  async #isEmpty(): Promise<boolean> {
    const existing = await this.#session.rows(
      row({ name: text }),
      'select name from json_array_elements_text($1::json) as names(name) where to_regclass(quote_ident(name)) is not null',
      [JSON.stringify(Object.keys(tables))],
    )
    const held = existing.map(({ name }) => `exists (select 1 from "${name}")`)
    return held.length === 0 || (await this.#session.rows(row({}), `select 1 where ${held.join(' or ')}`)).length === 0
  }
}
