import { type DocumentNode, Kind, type OperationDefinitionNode, visit } from 'graphql'
import { LruCache } from '../../../services/caching/lru-cache.ts'
import type { Cost } from './cost.ts'
import type { Variables } from './given-arguments.ts'
import type { SchemaCosts } from './schema-costs.ts'

/** Costs that are cached for one operation: clients use few different list sizes. */
const maxCached = 16

/** The variables that are used as arguments of fields. */
const argumentVariables = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>()
  visit(document, {
    Argument({ value }) {
      if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

/** Equal texts give equal list sizes. */
const sizeText = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `[${value.length}]`
  return value == null ? '' : '+'
}

/** The cost of one operation, counted once for each set of list sizes in its variables. */
export class OperationCost {
  readonly #costs: SchemaCosts
  readonly #document: DocumentNode
  readonly #operation: OperationDefinitionNode
  readonly #variables: readonly string[]
  readonly #known = new LruCache<string, Cost>(maxCached)

  constructor(costs: SchemaCosts, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#costs = costs
    this.#document = document
    this.#operation = operation
    this.#variables = argumentVariables(document)
  }

  of(variables: Variables): Cost {
    let sizes = ''
    for (const name of this.#variables) sizes += `${sizeText(variables[name])},`
    const known = this.#known.get(sizes)
    if (known !== undefined) return known
    const cost = this.#costs.counter(this.#document, this.#operation, variables).of(this.#operation)
    this.#known.set(sizes, cost)
    return cost
  }
}
