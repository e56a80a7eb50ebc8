import type { DocumentNode, GraphQLSchema } from 'graphql'
import { type SharedSelection, sharedSelection } from './shared-selection.ts'

type ByOperation = Map<string, SharedSelection | undefined>

/** What each operation shares, worked out once for each document. */
export class SharedSelections {
  readonly #schema: GraphQLSchema
  readonly #known = new WeakMap<DocumentNode, ByOperation>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  of(document: DocumentNode, operationName: string | null | undefined): SharedSelection | undefined {
    const name = operationName ?? ''
    const byOperation = this.#ofDocument(document)
    if (!byOperation.has(name)) byOperation.set(name, sharedSelection(this.#schema, document, operationName))
    return byOperation.get(name)
  }

  #ofDocument(document: DocumentNode): ByOperation {
    const known = this.#known.get(document)
    if (known !== undefined) return known
    const fresh: ByOperation = new Map()
    this.#known.set(document, fresh)
    return fresh
  }
}
