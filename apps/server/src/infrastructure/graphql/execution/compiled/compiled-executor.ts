import {
  type DocumentNode,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql'
import { type AnswerLimits, unlimited } from '../interface/answer-limits.ts'
import type { ExecutableOperation, OperationExecutor } from '../interface/operation-executor.ts'
import { ReferenceExecutor } from '../reference/reference-executor.ts'
import { CompiledOperation } from './compiled-operation.ts'

/** Every abstract type has `resolveType`, so that no type needs `isTypeOf`. */
const resolvesTypes = (schema: GraphQLSchema): boolean =>
  Object.values(schema.getTypeMap()).every(type =>
    isObjectType(type) ? !type.isTypeOf : !isAbstractType(type) || Boolean(type.resolveType),
  )

/** Compiles operations. Operations that cannot be compiled are executed by the reference executor. */
export class CompiledExecutor implements OperationExecutor {
  readonly #schema: GraphQLSchema
  readonly #limits: AnswerLimits
  readonly #resolvesTypes: boolean
  readonly #reference: ReferenceExecutor

  constructor(schema: GraphQLSchema, limits = unlimited) {
    this.#schema = schema
    this.#limits = limits
    this.#resolvesTypes = resolvesTypes(schema)
    this.#reference = new ReferenceExecutor(limits)
  }

  prepare(document: DocumentNode, operation: OperationDefinitionNode): ExecutableOperation {
    const rootType = this.#schema.getRootType(operation.operation)
    if (rootType == null || !this.#resolvesTypes) return this.#reference
    return new CompiledOperation(rootType, document, operation, this.#limits, this.#reference)
  }
}
