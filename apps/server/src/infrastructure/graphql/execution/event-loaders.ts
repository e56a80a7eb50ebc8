import type { LogEvent } from '@cpc-messenger/messenger'
import type { Deliveries } from '../../../delivery/deliveries.ts'
import { ReadingLoaders } from '../../../services/reading-loaders.ts'
import type { SourceItem } from './subscription-source.ts'

/**
 * Loaders that all subscribers of one event share, so that what it needs is read once however many they are. They live
 * for one turn of the event loop: kept longer they could bring back what was deleted meanwhile. One event's are not
 * another's: what the later one changed would be missing.
 */
export class EventLoaders {
  readonly #rows: Pick<Deliveries, 'rowsOf'>
  readonly #byEvent = new Map<LogEvent, ReadingLoaders>()

  constructor(rows: Pick<Deliveries, 'rowsOf'>) {
    this.#rows = rows
  }

  /** Undefined for what is no event. */
  ofItem(item: SourceItem): ReadingLoaders | undefined {
    return item.kind === 'event' ? this.of(item.event) : undefined
  }

  of(event: LogEvent): ReadingLoaders {
    const known = this.#byEvent.get(event)
    if (known !== undefined) return known
    if (this.#byEvent.size === 0) setImmediate(() => this.#byEvent.clear())
    const loaders = new ReadingLoaders(this.#rows.rowsOf(event))
    this.#byEvent.set(event, loaders)
    return loaders
  }
}
