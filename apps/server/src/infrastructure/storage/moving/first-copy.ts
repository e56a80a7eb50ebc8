import type { MoveSource } from './move-source.ts'
import type { MoveTarget } from './move-target.ts'
import { keyOf, loggedTables, type MovedRow } from './moved-tables.ts'
import type { Progress } from './progress.ts'
import { SendingWindow } from './sending-window.ts'

/** Statements that are under way at once: the source is read while the target writes. */
const pagesAtOnce = 4

/**
 * What a move wrote before it was stopped may be of conversations that are erased by now: the target takes none for erased
 * until the log's follower has written it anew.
 */
const notYetErased = (rows: readonly MovedRow[]): readonly MovedRow[] => rows.map(row => ({ ...row, purged: 0 }))

/**
 * Copies what has a log, table by table, while the source changes: a page shows one moment, the whole none. What changes
 * meanwhile is told by the log, from where it stood before the first page. Stopped at any page, it goes on there.
 */
export const copyFirst = async (
  source: MoveSource,
  target: MoveTarget,
  progress: Progress,
  begun: 'anew' | 'before',
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
