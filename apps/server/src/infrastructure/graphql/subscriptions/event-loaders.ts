import { EventMemo } from '../../../delivery/streams/event-memo.ts'
import type { SubscriptionService } from '../../../delivery/streams/subscription-service.ts'
import { RowLoaders } from '../../../services/reads/row-loaders.ts'
import type { EventReads } from './event-reads.ts'
import { keptMs } from './shared-executions.ts'
import type { SourceItem } from './subscription-source.ts'

/**
 * Loaders shared by all subscribers of one event, so that its rows are read once for all of them. Each version of an event's
 * row has its own loaders: those of an older version would miss changes.
 */
export class EventLoaders {
  readonly #rows: Pick<SubscriptionService, 'rowsOf'>
  readonly #byEvent = new EventMemo<EventReads>(keptMs)

  constructor(rows: Pick<SubscriptionService, 'rowsOf'>) {
    this.#rows = rows
  }

  /** Undefined unless the item is an event. */
  ofItem(item: SourceItem): EventReads | undefined {
    if (item.kind !== 'event') return undefined
    const known = this.#byEvent.find(item)
    if (known?.rows.readSet.current === true) return known
    const rows = this.#rows.rowsOf(item)
    return this.#byEvent.keep(item, { rows, loaders: new RowLoaders(rows, { usesFirstReactors: true }) })
  }
}
