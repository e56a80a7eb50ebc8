import type { UseCase } from '../../../services/use-case.ts'
import type { OperationContext } from '../execution/operation-context.ts'

/** Carries a command out. What the answer shows beside the result is read after it; a command waits with no read standing open. */
export const commit = async <Input, Result>(
  context: OperationContext,
  useCase: UseCase<Input, Result>,
  input: Input,
): Promise<Result> => {
  context.parts.limiter?.takeForCommand(useCase, input, context.actor)
  await context.readAnew()
  return context.parts.committer.run(useCase, input, context.actor, context.trace)
}
