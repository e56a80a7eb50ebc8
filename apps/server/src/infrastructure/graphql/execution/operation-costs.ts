import type { DocumentNode, OperationDefinitionNode } from 'graphql'
import { costOf, sizeVariables, type Variables } from './query-limits.ts'

/** Sizes of lists that are remembered of one operation: clients ask for few different ones. */
const remembered = 16

interface Known {
  readonly sizedBy: readonly string[]
  readonly costs: Map<string, number>
}

/** What operations cost, counted once for each operation and the sizes that its variables ask for. */
export class OperationCosts {
  readonly #known = new WeakMap<OperationDefinitionNode, Known>()

  of(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number {
    const { sizedBy, costs } = this.#of(document, operation)
    const sizes = sizedBy.map(name => (typeof variables[name] === 'number' ? variables[name] : '')).join()
    const known = costs.get(sizes)
    if (known !== undefined) return known
    const cost = costOf(document, operation, variables)
    if (costs.size < remembered) costs.set(sizes, cost)
    return cost
  }

  #of(document: DocumentNode, operation: OperationDefinitionNode): Known {
    const known = this.#known.get(operation)
    if (known !== undefined) return known
    const fresh: Known = { sizedBy: sizeVariables(document), costs: new Map() }
    this.#known.set(operation, fresh)
    return fresh
  }
}
