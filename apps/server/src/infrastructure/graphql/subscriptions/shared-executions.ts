import { EventMemo } from '../../../delivery/streams/event-memo.ts'
import type { StreamPosition } from '../../../delivery/streams/stream-item.ts'
import { type Attempt, SharedExecution } from './shared-execution.ts'
import type { SourceItem } from './subscription-source.ts'

export type SharedItem = Exclude<SourceItem, { readonly kind: 'refused' }>
type BySelection = Map<string, SharedExecution>

/** How long executions are kept: those who are owed the same item take it within this, or execute it again. */
export const keptMs = 50

/**
 * Executions that those who take the same item share. They are kept for some turns of the event loop only: what an answer
 * tells beside the item's own row could change.
 */
export class SharedExecutions {
  readonly #ofEvents = new EventMemo<BySelection>(keptMs)
  readonly #ofPositions = new Map<string, BySelection>()

  /** Undefined where nobody has asked this of the item lately, or what it shows has changed since. */
  find(item: SharedItem, selection: string): SharedExecution | undefined {
    const known = this.latest(item, selection)
    return known?.current === true ? known : undefined
  }

  /** As `find`, also where what it shows may have changed: for those who validate the result themselves. */
  latest(item: SharedItem, selection: string): SharedExecution | undefined {
    return this.#of(item).get(selection)
  }

  begin(item: SharedItem, selection: string, attempt: () => Attempt | Promise<Attempt>): SharedExecution {
    const execution = new SharedExecution(attempt)
    this.#of(item).set(selection, execution)
    return execution
  }

  #of(item: SharedItem): BySelection {
    if (item.kind === 'position') return this.#ofPosition(item)
    return this.#ofEvents.find(item) ?? this.#ofEvents.keep(item, new Map())
  }

  /** Positions are made for each stream; those that say the same are the same. */
  #ofPosition({ conversationId, position, sequence, live }: StreamPosition): BySelection {
    const text = JSON.stringify([conversationId, position, sequence, live])
    const known = this.#ofPositions.get(text)
    if (known !== undefined) return known
    if (this.#ofPositions.size === 0) setTimeout(() => this.#ofPositions.clear(), keptMs).unref()
    const fresh: BySelection = new Map()
    this.#ofPositions.set(text, fresh)
    return fresh
  }
}
