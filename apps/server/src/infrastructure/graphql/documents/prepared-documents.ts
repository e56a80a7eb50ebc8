import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { maxSelected } from '../cost/cost-counter.ts'
import type { OperationCosts } from '../cost/operation-costs.ts'
import type { Exposure } from '../operations/graphql-dependencies.ts'
import { presentThrown } from '../operations/present-error.ts'
import { DocumentCache } from './document-cache.ts'
import {
  isOperation,
  maxTokens,
  requireBracketDepth,
  requireFieldDepth,
  requireIntrospectionLimit,
  requireSelectionWidth,
} from './document-limits.ts'
import { introspectionIsOff } from './open-document.ts'
import { requireOverlapLimit } from './overlaps.ts'

const maxCachedBytes = 32 * 1024 * 1024
/** Of a document's text: its tokens and nodes, and the text itself. */
const bytesPerCharacter = 80
/** Of a field once it is compiled, which is done when it is executed. */
const bytesPerField = 2000

export type Prepared =
  | { readonly document: DocumentNode; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] }

interface Checked {
  readonly document: DocumentNode
  /** Fields of all operations, with their fragments spread. */
  readonly selected: number
}

export interface PreparedDocumentsDependencies {
  readonly schema: GraphQLSchema
  readonly log: Logger
  readonly exposure: Exposure
  readonly costs: OperationCosts
}

/** Documents that were parsed, validated and measured; those of users seen lately are remembered. */
export class PreparedDocuments {
  readonly #dependencies: PreparedDocumentsDependencies
  readonly #known = new DocumentCache<Prepared>(maxCachedBytes)

  constructor(dependencies: PreparedDocumentsDependencies) {
    this.#dependencies = dependencies
  }

  /** A document that is remembered. */
  find(query: string): Prepared | undefined {
    return this.#known.get(query)
  }

  get cached(): Pick<DocumentCache<Prepared>, 'bytes' | 'size'> {
    return this.#known
  }

  /** What nobody is known to have sent is not remembered. Never throws. */
  prepare(query: string, userId: string | undefined): Prepared {
    const known = this.find(query)
    if (known !== undefined) return known
    try {
      const checked = this.#check(query)
      if ('errors' in checked) return checked
      const { document, selected } = checked
      const prepared = { document }
      if (userId !== undefined)
        this.#known.set(query, prepared, query.length * bytesPerCharacter + selected * bytesPerField, userId)
      return prepared
    } catch (error) {
      return { errors: [presentThrown(error, this.#dependencies.log)] }
    }
  }

  #check(query: string): Checked | { readonly errors: readonly GraphQLError[] } {
    const { schema, log, exposure } = this.#dependencies
    requireBracketDepth(query)
    const document = parse(query, { maxTokens })
    requireSelectionWidth(document)
    requireOverlapLimit(document)
    const options = { maxErrors: 20, hideSuggestions: !exposure.suggestions }
    const errors = validate(schema, document, undefined, options)
    if (errors.length > 0) return { errors: errors.map(error => presentThrown(error, log)) }
    requireFieldDepth(document)
    return { document, selected: this.#measure(document) }
  }

  #measure(document: DocumentNode): number {
    const { costs, exposure } = this.#dependencies
    let selected = 0
    for (const operation of document.definitions.filter(isOperation)) {
      const counter = costs.counter(document, operation, {}, maxSelected - selected)
      counter.of(operation)
      const { introspection } = counter
      if (introspection.bytes > 0 && exposure.introspection === 'nobody') throw introspectionIsOff()
      requireIntrospectionLimit(introspection, costs.introspectionBytes)
      selected += counter.selected
    }
    return selected
  }
}
