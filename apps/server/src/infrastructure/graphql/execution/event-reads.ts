import type { RecentRows } from '../../../delivery/recent-rows.ts'
import type { ReadingLoaders } from '../../../services/reading-loaders.ts'

/** What answers about one event read with. */
export interface EventReads {
  readonly rows: RecentRows
  readonly loaders: ReadingLoaders
}
