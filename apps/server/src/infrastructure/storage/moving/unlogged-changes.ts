import { createHash } from 'node:crypto'
import type { MoveSource } from './move-source.ts'
import type { MoveTarget } from './move-target.ts'
import { keyOf, type MovedKey, type MovedRow, unloggedTables } from './moved-tables.ts'
import type { Progress } from './progress.ts'

type UnloggedTable = (typeof unloggedTables)[number]

interface KnownPage {
  /** Undefined for the last page, which includes all later rows. */
  readonly upTo: MovedKey | undefined
  readonly digests: string
}

const digestOf = (rows: readonly MovedRow[]): string =>
  createHash('sha256').update(JSON.stringify(rows)).digest('base64')

/**
 * Copies the tables whose changes have no events. Each pass reads all rows and writes the pages that have changed since the pass
 * before, so that the last pass writes little.
 */
export class UnloggedChanges {
  readonly #source: MoveSource
  readonly #target: MoveTarget
  readonly #progress: Progress
  readonly #known = new Map<string, readonly KnownPage[]>()

  constructor(source: MoveSource, target: MoveTarget, progress: Progress) {
    this.#source = source
    this.#target = target
    this.#progress = progress
  }

  async write(): Promise<void> {
    for (const table of unloggedTables) {
      const pages: KnownPage[] = []
      const known = this.#known.get(table)
      if (known === undefined) await this.#writeAll(table, pages)
      else await this.#writeChanged(table, known, pages)
      this.#known.set(table, pages)
      this.#progress.tableDone(table)
    }
  }

  async #writeAll(table: UnloggedTable, pages: KnownPage[]): Promise<void> {
    let open: readonly MovedRow[] = []
    for (const rows of this.#source.pages(table, undefined)) {
      const last = open.at(-1)
      if (last !== undefined) pages.push({ upTo: keyOf(table, last), digests: digestOf(open) })
      open = rows
      await this.#writePage(table, rows)
    }
    pages.push({ upTo: undefined, digests: open.length === 0 ? '' : digestOf(open) })
  }

  async #writeChanged(table: UnloggedTable, known: readonly KnownPage[], pages: KnownPage[]): Promise<void> {
    let from: MovedKey | undefined
    for (const { upTo, digests } of known) {
      const now = [...this.#source.pages(table, from, upTo)]
      const current = now.map(digestOf).join(' ')
      if (current !== digests) for (const rows of now) await this.#writePage(table, rows)
      pages.push({ upTo, digests: current })
      from = upTo
    }
  }

  async #writePage(table: UnloggedTable, rows: readonly MovedRow[]): Promise<void> {
    await this.#target.write(table, rows)
    this.#progress.moved(table, rows.length)
  }
}
