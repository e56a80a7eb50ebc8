import {
  type DocumentNode,
  type GraphQLSchema,
  getIntrospectionQuery,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { CostCounter } from './cost-counter.ts'
import { GivenArguments, type Variables } from './given-arguments.ts'
import { IntrospectionSizes } from './introspection-sizes.ts'

const everyOption = {
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
}

/** Counts the costs of operations of one schema. */
export class SchemaCosts {
  readonly #schema: GraphQLSchema
  readonly #sizes: IntrospectionSizes

  /** The limit of an introspection response, in bytes: twice the response to the query that tools send. */
  readonly introspectionBytes: number

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
    this.#sizes = new IntrospectionSizes(schema)
    this.introspectionBytes = 2 * this.#wholeSchema()
  }

  /** `selectionLimit`: how many fields the operation may select. */
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
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new TypeError('the introspection query has no operation')
    return this.counter(document, operation, {}).of(operation).bytes
  }
}
