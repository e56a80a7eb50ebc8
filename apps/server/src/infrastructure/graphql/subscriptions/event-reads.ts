import type { RecentRows } from '../../../delivery/results/recent-rows.ts'
import type { RowLoaders } from '../../../services/reads/row-loaders.ts'

/** The readers and loaders that executions for one event use. */
export interface EventReads {
  readonly rows: RecentRows
  readonly loaders: RowLoaders
}
