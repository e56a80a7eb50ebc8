import type { DocumentNode, GraphQLSchema, OperationDefinitionNode, ValidatedExecutionArgs } from 'graphql'
import type { CpuAccount } from '../../../scheduling/cpu-account.ts'
import type { Answer } from './answer.ts'
import type { AnswerLimits } from './answer-limits.ts'

/** One operation of a valid document, ready to be executed any number of times. */
export interface ExecutableOperation {
  /**
   * Executes a query or mutation, or a subscription's selection over one item (`rootValue`). Errors of resolvers are in the
   * answer, with null at the nearest nullable field. An answer beyond the limits is `tooLarge`. Synchronous if every resolver
   * is. Throws only what is not an error of a resolver. Its CPU time is counted for `account`, if there is one.
   */
  execute(args: ValidatedExecutionArgs, account?: CpuAccount): Answer | Promise<Answer>
}

/**
 * Executes the operations of one schema. The adapters produce the same data and errors:
 *
 * - `compiled` compiles each operation once and writes JSON directly;
 * - `reference` is graphql-js, which the other is compared with.
 */
export interface OperationExecutor {
  /** Once for each operation of a document. What this keeps lives as long as what it returns. */
  prepare(document: DocumentNode, operation: OperationDefinitionNode): ExecutableOperation
}

export type CreateExecutor = (schema: GraphQLSchema, limits: AnswerLimits) => OperationExecutor
