import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  execute,
  executeSubscriptionEvent,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  validateSubscriptionArgs,
} from 'graphql'
import { Reading } from '../../../services/reading.ts'
import type { Actor } from '../../../services/use-case.ts'
import type { Caller } from './caller.ts'
import { EventLoaders } from './event-loaders.ts'
import type { GraphQLParts } from './graphql-parts.ts'
import { EventContext, SnapshotContext } from './operation-context.ts'
import { type Prepared, PreparedDocuments } from './prepared-documents.ts'
import { presentError, presentThrown } from './present-error.ts'
import { requireAffordable } from './query-limits.ts'
import { ResponseStream } from './response-stream.ts'
import { type SourceItem, SubscriptionSource } from './subscription-source.ts'

export interface Operation {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** Runs operations, whatever they came over. */
export class OperationRunner {
  readonly schema: GraphQLSchema
  readonly #parts: GraphQLParts
  readonly #documents: PreparedDocuments
  readonly #eventLoaders: EventLoaders

  constructor(schema: GraphQLSchema, parts: GraphQLParts) {
    this.schema = schema
    this.#parts = parts
    this.#documents = new PreparedDocuments(schema, parts.log)
    this.#eventLoaders = new EventLoaders(parts.store)
  }

  /** Parses, validates and measures; never throws. */
  prepare(query: string): Prepared {
    const prepared = this.#documents.prepare(query)
    if (prepared.errors !== undefined) this.#count(prepared.errors)
    return prepared
  }

  /** Answers a query or mutation; what it read from is given back before it resolves. Never rejects. */
  async execute(operation: Operation, caller: Caller): Promise<ExecutionResult> {
    await using context = new SnapshotContext(this.#parts, caller)
    try {
      this.#requireAffordable(operation)
      return this.#present(await execute(this.#argumentsOf(operation, context)))
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** The results as they are asked for, or why there are none. Never rejects. */
  async subscribe(operation: Operation, caller: Caller): Promise<ResponseStream | ExecutionResult> {
    await using context = new SnapshotContext(this.#parts, caller)
    try {
      this.#requireAffordable(operation)
      const validated = validateSubscriptionArgs(this.#argumentsOf(operation, context))
      if (!('schema' in validated)) return this.#present({ errors: validated })
      const source = await createSourceEventStream(validated)
      if (!(Symbol.asyncIterator in source)) return this.#present(source)
      if (!(source instanceof SubscriptionSource)) throw new TypeError('a root field answered with a stream of its own')
      const { actor } = context
      return new ResponseStream(source, async item => {
        const contextValue = new EventContext(this.#parts, caller, this.#readingOf(item, actor))
        return this.#present(await executeSubscriptionEvent({ ...validated, rootValue: item, contextValue }))
      })
    } catch (error) {
      return this.#failed(error)
    }
  }

  #argumentsOf({ document, operationName, variables }: Operation, contextValue: SnapshotContext) {
    return { schema: this.schema, document, operationName, variableValues: variables, contextValue }
  }

  #requireAffordable({ document, operationName, variables }: Operation): void {
    const operation = getOperationAST(document, operationName)
    if (operation != null) requireAffordable(document, operation, variables ?? {})
  }

  #readingOf(item: SourceItem, viewer: Actor): Reading {
    const { latest } = this.#parts.store
    return new Reading(viewer, latest, item.kind === 'event' ? this.#eventLoaders.of(item.event) : undefined)
  }

  #present(result: ExecutionResult): ExecutionResult {
    if (result.errors === undefined) return result
    return { ...result, errors: result.errors.map(error => presentError(error, this.#parts.log)) }
  }

  #failed(error: unknown): ExecutionResult {
    const errors = [presentThrown(error, this.#parts.log)]
    this.#count(errors)
    return { errors }
  }

  #count(errors: readonly GraphQLError[]): void {
    for (const { extensions } of errors) this.#parts.meter.request('document', String(extensions.code))
  }
}
