import type { MoveSource } from './move-source.ts'
import type { MoveTarget } from './move-target.ts'
import { keyOf, loggedTables, type MovedRow } from './moved-tables.ts'
import type { Progress } from './progress.ts'
import { SendingWindow } from './sending-window.ts'

/** The number of statements in progress at once: the source is read while the target writes. */
const pagesAtOnce = 4

/**
 * A move may have written rows before it was interrupted whose conversation was erased meanwhile. The target therefore treats no
 * conversation as erased until `LogFollower` has copied it again.
 */
const notYetErased = (rows: readonly MovedRow[]): readonly MovedRow[] => rows.map(row => ({ ...row, purged: 0 }))

/**
 * Copies the tables whose changes are logged, one by one, while the source changes: each page is one snapshot, but not all pages together.
 * Changes made meanwhile are copied later by the log, from its state before the first page. It resumes at the last page.
 */
export const copyFirst = async (
  source: MoveSource,
  target: MoveTarget,
  progress: Progress,
  begun: 'now' | 'before',
): Promise<void> => {
  for (const table of loggedTables) {
    const window = new SendingWindow(pagesAtOnce)
    let last = await target.copied(table)
    for (const rows of source.pages(table, last)) {
      const [end] = rows.slice(-1)
      if (end === undefined) break
      const to = keyOf(table, end)
      const copied = begun === 'before' && table === 'conversations' ? notYetErased(rows) : rows
      await window.add(target.copy(table, copied, last, to))
      last = to
      progress.moved(table, rows.length)
    }
    await window.settled()
    progress.tableDone(table)
  }
}
