import { EventMemo } from '../../../delivery/streams/event-memo.ts'
import type { SubscriptionService } from '../../../delivery/streams/subscription-service.ts'
import { RowLoaders } from '../../../services/reads/row-loaders.ts'
import type { EventReads } from './event-reads.ts'
import { keptMs } from './shared-executions.ts'
import type { SourceItem } from './subscription-source.ts'

/**
 * Loaders that all subscribers of one event share, so that what it needs is read once however many they are. One event's
 * are not another's, nor those of a newer version of its row: what the later one changed would be missing.
 */
export class EventLoaders {
  readonly #rows: Pick<SubscriptionService, 'rowsOf'>
  readonly #byEvent = new EventMemo<EventReads>(keptMs)

  constructor(rows: Pick<SubscriptionService, 'rowsOf'>) {
    this.#rows = rows
  }

  /** Undefined for what is no event. */
  ofItem(item: SourceItem): EventReads | undefined {
    if (item.kind !== 'event') return undefined
    const known = this.#byEvent.find(item)
    if (known?.rows.readSet.current === true) return known
    const rows = this.#rows.rowsOf(item)
    return this.#byEvent.keep(item, { rows, loaders: new RowLoaders(rows, { reactorsAtHand: true }) })
  }
}
