import { CompiledExecutor } from './compiled/compiled-executor.ts'
import type { CreateExecutor } from './interface/operation-executor.ts'
import { ReferenceExecutor } from './reference/reference-executor.ts'

/** The adapters of `OperationExecutor`, as the setting GRAPHQL_EXECUTOR names them. */
export type ExecutorName = 'compiled' | 'reference'

export const executors: Readonly<Record<ExecutorName, CreateExecutor>> = {
  compiled: (schema, limits) => new CompiledExecutor(schema, limits),
  reference: (_schema, limits) => new ReferenceExecutor(limits),
}
