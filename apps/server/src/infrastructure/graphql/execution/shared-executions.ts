import { SharedExecution, type SharedValue } from './shared-execution.ts'
import type { SourceItem } from './subscription-source.ts'

export type SharedItem = Exclude<SourceItem, { readonly kind: 'refused' }>
type Executions = Map<string, SharedExecution>

/** How long executions are kept: those who are owed the same item take it within this, or execute it again. */
const keptMs = 50

/** Those who take an event from memory get the same object as long as its row is the newest. Positions that say the same are the same. */
const identityOf = (item: SharedItem): SharedItem | string =>
  item.kind === 'event' ? item : JSON.stringify([item.conversationId, item.position, item.sequence, item.live])

/**
 * Executions that those who take the same item share. They are kept for some turns of the event loop only: what an answer
 * tells beside the item's own row could change.
 */
export class SharedExecutions {
  readonly #byItem = new Map<SharedItem | string, Executions>()
  #item: SharedItem | undefined
  #ofItem: Executions = new Map()

  /** Undefined where nobody has asked this of the item lately. */
  find(item: SharedItem, selection: string): SharedExecution | undefined {
    return this.#of(item).get(selection)
  }

  begin(item: SharedItem, selection: string, value: SharedValue | Promise<SharedValue>): SharedExecution {
    const execution = new SharedExecution(value)
    this.#of(item).set(selection, execution)
    return execution
  }

  #of(item: SharedItem): Executions {
    if (item === this.#item) return this.#ofItem
    const identity = identityOf(item)
    let executions = this.#byItem.get(identity)
    if (executions === undefined) {
      executions = new Map()
      if (this.#byItem.size === 0) setTimeout(() => this.#forget(), keptMs).unref()
      this.#byItem.set(identity, executions)
    }
    this.#item = item
    this.#ofItem = executions
    return executions
  }

  #forget(): void {
    this.#byItem.clear()
    this.#item = undefined
    this.#ofItem = new Map()
  }
}
