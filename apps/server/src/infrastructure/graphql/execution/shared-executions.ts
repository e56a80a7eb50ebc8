import type { LogEvent } from '@cpc-messenger/messenger'
import { SharedExecution, type SharedValue } from './shared-execution.ts'
import type { SourceItem } from './subscription-source.ts'

export type SharedItem = Exclude<SourceItem, { readonly kind: 'refused' }>

interface OfItem {
  readonly row: object | undefined
  readonly bySelection: Map<string, SharedExecution>
}

const rowOf = (item: SharedItem): object | undefined =>
  item.kind === 'event' ? (item.message ?? item.membership ?? item.conversation) : undefined

/** Positions are made for each stream; those that say the same are the same. */
const identityOf = (item: SharedItem): LogEvent | string =>
  item.kind === 'event' ? item.event : JSON.stringify([item.conversationId, item.position, item.sequence, item.live])

/**
 * Executions that those who take the same item in one turn of the event loop share. They are not kept longer: an older
 * row's answer could bring back what was deleted meanwhile.
 */
export class SharedExecutions {
  readonly #ofThisTurn = new Map<LogEvent | string, OfItem>()

  of(item: SharedItem, selection: string, execute: () => Promise<SharedValue>): SharedExecution {
    const { bySelection } = this.#ofItem(item)
    const known = bySelection.get(selection)
    if (known !== undefined) return known
    const execution = new SharedExecution(execute())
    bySelection.set(selection, execution)
    return execution
  }

  #ofItem(item: SharedItem): OfItem {
    const identity = identityOf(item)
    const row = rowOf(item)
    const known = this.#ofThisTurn.get(identity)
    if (known !== undefined && known.row === row) return known
    if (this.#ofThisTurn.size === 0) setImmediate(() => this.#ofThisTurn.clear())
    const fresh = { row, bySelection: new Map<string, SharedExecution>() }
    this.#ofThisTurn.set(identity, fresh)
    return fresh
  }
}
