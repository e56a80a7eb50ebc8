import { type DocumentNode, type GraphQLError, parse, validate } from 'graphql'
import type { Logger } from '../../../services/telemetry/logger.ts'
import { maxSelected } from '../cost/cost-counter.ts'
import type { Exposure } from '../operations/graphql-dependencies.ts'
import { presentThrown } from '../operations/present-error.ts'
import { DocumentCache } from './document-cache.ts'
import {
  isOperation,
  maxTokens,
  requireFieldDepth,
  requireIntrospectionLimit,
  requireSelectionWidth,
  requireTokenLimits,
} from './document-limits.ts'
import { introspectionIsOff } from './open-document.ts'
import { requireOverlapLimit } from './overlaps.ts'
import { PreparedDocument } from './prepared-document.ts'
import type { OperationPreparation } from './prepared-operation.ts'

const maxCachedBytes = 32 * 1024 * 1024
/** Memory for each character of a document: its tokens and nodes, and the text itself. */
const bytesPerCharacter = 80
/** Memory for each selected field once the operation is compiled, at its first execution. */
const bytesPerField = 2000

/** A message shows the literal that it is about. */
const maxErrors = 5

export type Prepared =
  | { readonly document: PreparedDocument; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] }

interface Checked {
  readonly document: DocumentNode
  /** Fields selected in all operations, fragments included at each spread. */
  readonly selected: number
}

export interface PreparedDocumentsDependencies {
  readonly preparation: OperationPreparation
  readonly log: Logger
  readonly exposure: Exposure
}

/** Parses, validates and measures documents, and caches those of authenticated users. */
export class PreparedDocuments {
  readonly #dependencies: PreparedDocumentsDependencies
  readonly #known = new DocumentCache<Prepared>(maxCachedBytes)

  constructor(dependencies: PreparedDocumentsDependencies) {
    this.#dependencies = dependencies
  }

  /** A cached document. */
  find(query: string): Prepared | undefined {
    return this.#known.get(query)
  }

  get cached(): Pick<DocumentCache<Prepared>, 'bytes' | 'size'> {
    return this.#known
  }

  /** Documents without a user are not cached. Never throws. */
  prepare(query: string, userId: string | undefined): Prepared {
    const known = this.find(query)
    if (known !== undefined) return known
    try {
      const checked = this.#check(query)
      if ('errors' in checked) return checked
      const { document, selected } = checked
      const prepared = { document: new PreparedDocument(this.#dependencies.preparation, document) }
      if (userId !== undefined)
        this.#known.set(query, prepared, query.length * bytesPerCharacter + selected * bytesPerField, userId)
      return prepared
    } catch (error) {
      return { errors: [presentThrown(error, this.#dependencies.log)] }
    }
  }

  #check(query: string): Checked | { readonly errors: readonly GraphQLError[] } {
    const { preparation, log } = this.#dependencies
    const { schema, hideSuggestions } = preparation
    requireTokenLimits(query)
    const document = parse(query, { maxTokens })
    requireSelectionWidth(document)
    requireOverlapLimit(document)
    const options = { maxErrors, hideSuggestions }
    const errors = validate(schema, document, undefined, options)
    if (errors.length > 0) return { errors: errors.map(error => presentThrown(error, log)) }
    requireFieldDepth(document)
    return { document, selected: this.#measure(document) }
  }

  #measure(document: DocumentNode): number {
    const { preparation, exposure } = this.#dependencies
    const { costs } = preparation
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
