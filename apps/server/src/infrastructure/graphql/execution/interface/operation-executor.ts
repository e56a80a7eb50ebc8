import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidatedExecutionArgs } from 'graphql'
import type { CpuAccount } from '../../../scheduling/cpu-account.ts'
import type { Answer } from './answer.ts'
import type { AnswerLimits } from './answer-limits.ts'

/** One operation of a valid document, ready to be executed any number of times. */
export interface ExecutableOperation {
  /**
   * Executes a query or mutation, or a subscription's selection over one item (`rootValue`). Errors of resolvers are in the
   * answer, with null at the nearest nullable field. An answer beyond the limits is `tooLarge`. Synchronous if every resolver
   * is. Errors of resolvers are never thrown. `account` is charged for the CPU time.
   */
  execute(args: ValidatedExecutionArgs, account?: CpuAccount): Answer | Promise<Answer>
}

/**
 * Executes the operations of one schema. The adapters produce the same data and errors:
 *
 * - `compiled` compiles each operation once and writes JSON directly;
 * - `reference` is graphql-js, with which tests compare the other one.
 */
export interface OperationExecutor {
  /** Call it once for each operation of a document. */
  prepare(document: DocumentNode, operation: OperationDefinitionNode): ExecutableOperation
}

export type CreateExecutor = (schema: GraphQLSchema, limits: AnswerLimits) => OperationExecutor
