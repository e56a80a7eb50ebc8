import type { StreamPosition } from '../../../delivery/log/stream-item.ts'
import type { SignalItem } from '../../../delivery/signals/signal-item.ts'
import { EventMemo } from '../../../delivery/streams/event-memo.ts'
import { SharedExecution } from './shared-execution.ts'
import type { SharedSelection } from './shared-selection.ts'
import type { SourceItem } from './subscription-source.ts'

export type SharedItem = Exclude<SourceItem, { readonly kind: 'refused' }>
type BySelection = Map<string, SharedExecution>

/**
 * Whether an execution may serve several subscriptions. A result about a signal has no read set: if it depends on the viewer, it may
 * show anything that the viewer may read, and is executed for each subscription.
 */
export const isShared = (item: SourceItem, { viewerIndependent }: SharedSelection): item is SharedItem =>
  item.kind !== 'refused' && (item.kind !== 'signal' || viewerIndependent)

/** How long executions are kept. A subscription that takes the item later executes it again. */
export const keptMs = 50

/**
 * Executions shared by the subscriptions that take the same item. They are kept for a few turns of the event loop only,
 * because a result may also show rows other than the item's own, and those may change.
 */
export class SharedExecutions {
  readonly #ofEvents = new EventMemo<BySelection>(keptMs)
  readonly #ofPositions = new Map<string, BySelection>()
  readonly #ofSignals = new Map<SignalItem, BySelection>()

  /** Undefined if there is no recent execution of this selection, or what its result shows has changed since. */
  find(item: SharedItem, selection: string): SharedExecution | undefined {
    const known = this.latest(item, selection)
    return known?.current === true ? known : undefined
  }

  /** Like `find`, but the result may be out of date: the caller validates it. */
  latest(item: SharedItem, selection: string): SharedExecution | undefined {
    return this.#of(item).get(selection)
  }

  /** The caller executes the item and settles what this returns. */
  begin(item: SharedItem, selection: string): SharedExecution {
    const execution = new SharedExecution()
    this.#of(item).set(selection, execution)
    return execution
  }

  #of(item: SharedItem): BySelection {
    if (item.kind === 'position') return this.#ofPosition(item)
    if (item.kind === 'signal') return this.#ofSignal(item)
    return this.#ofEvents.find(item) ?? this.#ofEvents.keep(item, new Map())
  }

  /** Each stream makes its own position items; equal ones share executions. */
  #ofPosition({ conversationId, position, sequence, live }: StreamPosition): BySelection {
    const text = JSON.stringify([conversationId, position, sequence, live])
    const known = this.#ofPositions.get(text)
    if (known !== undefined) return known
    if (this.#ofPositions.size === 0) setTimeout(() => this.#ofPositions.clear(), keptMs).unref()
    const fresh: BySelection = new Map()
    this.#ofPositions.set(text, fresh)
    return fresh
  }

  /** Everyone who is sent a signal gets the same object. */
  #ofSignal(item: SignalItem): BySelection {
    const known = this.#ofSignals.get(item)
    if (known !== undefined) return known
    if (this.#ofSignals.size === 0) setTimeout(() => this.#ofSignals.clear(), keptMs).unref()
    const fresh: BySelection = new Map()
    this.#ofSignals.set(item, fresh)
    return fresh
  }
}
