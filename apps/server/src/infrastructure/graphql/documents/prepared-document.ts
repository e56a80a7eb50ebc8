import { type DocumentNode, type GraphQLError, validateExecutionArgs } from 'graphql'
import { isOperation } from './document-limits.ts'
import { type OperationPreparation, PreparedOperation } from './prepared-operation.ts'

/** A document that was parsed and validated, with its operations. */
export class PreparedDocument {
  readonly #preparation: OperationPreparation
  readonly #node: DocumentNode
  readonly #operations: readonly PreparedOperation[]

  constructor(preparation: OperationPreparation, node: DocumentNode) {
    this.#preparation = preparation
    this.#node = node
    this.#operations = node.definitions
      .filter(isOperation)
      .map(operation => new PreparedOperation(preparation, node, operation))
  }

  /** The operation of this name; without a name the only one. Undefined if there is none. */
  operation(name: string | null | undefined): PreparedOperation | undefined {
    const [first, second] = this.#operations
    if (name == null) return second === undefined ? first : undefined
    return this.#operations.find(({ node }) => node.name?.value === name)
  }

  /** The error for a name without an operation. */
  errorsOf(operationName: string | null | undefined): readonly GraphQLError[] {
    const { schema } = this.#preparation
    const validated = validateExecutionArgs({ schema, document: this.#node, operationName })
    if ('schema' in validated) throw new TypeError('the document has this operation')
    return validated
  }
}
