import { type ExecutionResult, executeRootSelectionSet, type ValidatedExecutionArgs } from 'graphql'
import { type Answer, answerOf } from '../interface/answer.ts'
import { type AnswerLimits, isWithin, itemsIn, unlimited } from '../interface/answer-limits.ts'
import { tooLargeAnswer } from '../interface/answer-too-large.ts'
import type { ExecutableOperation, OperationExecutor } from '../interface/operation-executor.ts'

/** Executes with graphql-js. The limits are checked once the whole answer is in memory. */
export class ReferenceExecutor implements OperationExecutor, ExecutableOperation {
  readonly #limits: AnswerLimits

  constructor(limits = unlimited) {
    this.#limits = limits
  }

  /** graphql-js prepares nothing for an operation. */
  prepare(): ExecutableOperation {
    return this
  }

  execute(args: ValidatedExecutionArgs): Answer | Promise<Answer> {
    const result = executeRootSelectionSet(args)
    return 'then' in result ? result.then(settled => this.#bounded(settled)) : this.#bounded(result)
  }

  #bounded(result: ExecutionResult): Answer {
    if (itemsIn(result.data) > this.#limits.items) return tooLargeAnswer
    const answer = answerOf(result)
    return answer.data === undefined || isWithin(answer.data, this.#limits) ? answer : tooLargeAnswer
  }
}
