import type { RecentRows } from '../../../delivery/results/recent-rows.ts'
import type { RowLoaders } from '../../../services/reads/row-loaders.ts'

/** What executions for one event read with. */
export interface EventReads {
  readonly rows: RecentRows
  readonly loaders: RowLoaders
}
