import {
  type DocumentNode,
  type GraphQLSchema,
  getIntrospectionQuery,
  Kind,
  type OperationDefinitionNode,
  parse,
  visit,
} from 'graphql'
import type { Cost } from './cost.ts'
import { CostCounter } from './cost-counter.ts'
import { GivenArguments, type Variables } from './given-arguments.ts'
import { IntrospectionSizes } from './introspection-sizes.ts'

/** Sizes of lists that are cached for one operation: clients ask for few different ones. */
const maxCached = 16

const everyOption = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
}

interface Known {
  readonly variables: readonly string[]
  readonly costs: Map<string, Cost>
}

/** The variables that arguments are given by. */
const variablesOf = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>()
  visit(document, {
    Argument({ value }) {
      if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

/** What of a value says how long a list is. */
const sizeText = (value: unknown): string => {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return `[${value.length}]`
  return value == null ? '' : '+'
}

/** What operations cost, counted once for each operation and the sizes that its variables ask for. */
export class OperationCosts {
  readonly #schema: GraphQLSchema
  readonly #sizes: IntrospectionSizes
  readonly #known = new WeakMap<OperationDefinitionNode, Known>()

  /** Bytes that an answer about the schema may hold: as much again as all that tools ask for. */
  readonly introspectionBytes: number

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
    this.#sizes = new IntrospectionSizes(schema)
    this.introspectionBytes = 2 * this.#wholeSchema()
  }

  of(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): Cost {
    const known = this.#of(document, operation)
    let sizes = ''
    for (const name of known.variables) sizes += `${sizeText(variables[name])},`
    const before = known.costs.get(sizes)
    if (before !== undefined) return before
    const cost = this.counter(document, operation, variables).of(operation)
    if (known.costs.size < maxCached) known.costs.set(sizes, cost)
    return cost
  }

  counter(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    selectionLimit?: number,
  ): CostCounter {
    const given = new GivenArguments(operation, variables)
    return new CostCounter(this.#schema, this.#sizes, document, given, selectionLimit)
  }

  #wholeSchema(): number {
    const document = parse(getIntrospectionQuery(everyOption))
    const [operation] = document.definitions
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('introspection is no operation')
    return this.counter(document, operation, {}).of(operation).bytes
  }

  #of(document: DocumentNode, operation: OperationDefinitionNode): Known {
    const known = this.#known.get(operation)
    if (known !== undefined) return known
    const fresh: Known = { variables: variablesOf(document), costs: new Map() }
    this.#known.set(operation, fresh)
    return fresh
  }
}
