import { OfThisTurn } from '../../../delivery/of-this-turn.ts'
import { SharedExecution, type SharedValue } from './shared-execution.ts'
import type { SourceItem } from './subscription-source.ts'

export type SharedItem = Exclude<SourceItem, { readonly kind: 'refused' }>

type BySelection = Map<string, SharedExecution>

/**
 * Executions that those who take the same item in one turn of the event loop share. They are not kept longer: an older
 * row's answer could bring back what was deleted meanwhile.
 */
export class SharedExecutions {
  readonly #ofEvents = new OfThisTurn<BySelection>()
  readonly #ofPositions = new Map<string, BySelection>()

  of(item: SharedItem, selection: string, execute: () => Promise<SharedValue>): SharedExecution {
    const bySelection = this.#ofItem(item)
    const known = bySelection.get(selection)
    if (known !== undefined) return known
    const execution = new SharedExecution(execute())
    bySelection.set(selection, execution)
    return execution
  }

  /** Positions are made for each stream; those that say the same are the same. */
  #ofItem(item: SharedItem): BySelection {
    if (item.kind === 'event') return this.#ofEvents.of(item, () => new Map())
    const text = JSON.stringify([item.conversationId, item.position, item.sequence, item.live])
    const known = this.#ofPositions.get(text)
    if (known !== undefined) return known
    if (this.#ofPositions.size === 0) setImmediate(() => this.#ofPositions.clear())
    const fresh: BySelection = new Map()
    this.#ofPositions.set(text, fresh)
    return fresh
  }
}
