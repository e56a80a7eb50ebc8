import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { number, text } from '../../tables/definition/codec.ts'
import { row } from '../../tables/definition/row.ts'
import { DataFileError } from '../errors/data-file-error.ts'
import { newestSchema } from '../schema/migrations.ts'
import { SqliteConnection } from '../sqlite/connection.ts'
import { isFull } from '../sqlite/failure.ts'
import { isMessengerFile } from '../sqlite/file.ts'
import { isSealed } from '../sqlite/seal.ts'

interface Contents {
  readonly bytes: number
  readonly schema: number
}

const contentsOf = (connection: SqliteConnection): Contents | undefined => {
  if (!isMessengerFile(connection)) return undefined
  const [meta] = connection.query(
    row({ bytes: number, schema: number }),
    `select schema_version as schema, (page_count - freelist_count) * page_size as bytes
      from meta, pragma_page_count, pragma_freelist_count, pragma_page_size where id = 1`,
  )
  return meta
}

const reasonOf = (error: unknown): string => {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return reason instanceof Error ? reason.message : String(reason)
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`

/** A messenger database, opened read-only: a server may be running on it. It yields only intact copies. */
export class SqliteSource implements Disposable {
  readonly #file: string
  readonly #connection: SqliteConnection
  readonly #contents: Contents

  constructor(file: string) {
    using opened = new DisposableStack()
    this.#file = file
    try {
      const pragmas = ['busy_timeout = 5000', 'cache_size = -64000', 'temp_store = file', 'trusted_schema = off']
      this.#connection = opened.use(new SqliteConnection({ file, readOnly: true, pragmas }))
      const contents = contentsOf(this.#connection)
      if (contents === undefined) throw new DataFileError(`${file} is not a messenger database.`)
      this.#contents = contents
    } catch (error) {
      if (error instanceof DataFileError) throw error
      throw new DataFileError(`${file} cannot be read as a messenger database: ${reasonOf(error)}.`, {
        cause: error,
      })
    }
    opened.move()
  }

  requireKnownSchema(): void {
    const { schema } = this.#contents
    if (schema > newestSchema)
      throw new DataFileError(
        `${this.#file} has schema ${schema}, made by a newer messenger; this one knows ${newestSchema} at most. Restore it with the newer one.`,
      )
  }

  /** `instead` says what to do if the data was moved to another database. */
  requireOpen(instead: string): void {
    if (isSealed(this.#connection))
      throw new DataFileError(`${this.#file} is sealed, because its data was moved to another database: ${instead}.`)
  }

  /** Reads all of it. `quick` does not compare indexes with their tables. */
  requireSound(how: 'quick' | 'full'): void {
    const check = how === 'quick' ? 'quick_check' : 'integrity_check'
    try {
      const [first] = this.#connection.query(row({ [check]: text }), `pragma ${check}(1)`)
      if (first?.[check] === 'ok') return
      throw new Error(first?.[check] ?? `pragma ${check} returned no result`)
    } catch (cause) {
      throw new DataFileError(`${this.#file} is damaged: ${reasonOf(cause).split('\n').join(', ')}.`, { cause })
    }
  }

  /**
   * Writes a snapshot into `target`, which must be empty or missing. Free pages, which may still hold erased data, are not copied.
   * The copy is not durable yet.
   */
  async copyTo(target: string): Promise<void> {
    await this.#requireSpace(dirname(target))
    try {
      this.#connection.execute(`vacuum into '${target.replaceAll("'", "''")}'`)
    } catch (cause) {
      if (isFull(cause instanceof Error ? cause.cause : undefined)) throw this.#noSpace(dirname(target), cause)
      throw new DataFileError(`${this.#file} cannot be copied to ${target}: ${reasonOf(cause)}.`, { cause })
    }
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }

  async #requireSpace(folder: string): Promise<void> {
    const { bavail, bsize } = await statfs(folder)
    if (bavail * bsize < this.#contents.bytes) throw this.#noSpace(folder)
  }

  #noSpace(folder: string, cause?: unknown): DataFileError {
    const needed = megabytes(this.#contents.bytes)
    return new DataFileError(`The disk of ${folder} has too little room: a copy needs about ${needed}.`, { cause })
  }
}
