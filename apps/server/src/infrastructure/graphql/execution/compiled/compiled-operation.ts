import {
  type DocumentNode,
  GraphQLError,
  type GraphQLObjectType,
  type OperationDefinitionNode,
  OperationTypeNode,
  type ValidatedExecutionArgs,
} from 'graphql'
import { LruCache } from '../../../../services/caching/lru-cache.ts'
import { noUser } from '../../../scheduling/cpu-account.ts'
import { fairScheduler } from '../../../scheduling/fair-scheduler.ts'
import { conditionVariables } from '../../documents/condition-variables.ts'
import { type Answer, largeAnswerLength } from '../interface/answer.ts'
import { type AnswerLimits, isWithin } from '../interface/answer-limits.ts'
import { tooLargeAnswer } from '../interface/answer-too-large.ts'
import type { ExecutableOperation } from '../interface/operation-executor.ts'
import { Conditions } from './conditions.ts'
import { Execution } from './execution.ts'
import { OperationCompiler } from './operation-compiler.ts'
import type { Selection } from './selection.ts'

/** The most compiled forms that are kept for one operation. A document may have many more combinations of conditions. */
const maxOutcomes = 4

const answerOf = (run: Execution): Answer => {
  if (run.tooLarge) return tooLargeAnswer
  const data = run.text.toString()
  if (!isWithin(data, run.limits)) return tooLargeAnswer
  return run.errors.length === 0 ? { data } : { errors: run.errors, data }
}

/** Parts of a longer text are joined in a separate turn of the event loop. */
const answerOnceSettled = async (run: Execution): Promise<Answer> => {
  await run.settled()
  if (run.length > largeAnswerLength) await fairScheduler.ownTurn(run.account)
  return answerOf(run)
}

const failWhole = (error: unknown, run: Execution): void => {
  if (!(error instanceof GraphQLError)) throw error
  run.fail(error, run.text)
}

/** One operation, compiled once for each set of values of the variables in its `@skip` and `@include`. */
export class CompiledOperation implements ExecutableOperation {
  readonly #rootType: GraphQLObjectType
  readonly #conditions: readonly string[]
  readonly #outcomes = new LruCache<string, Selection>(maxOutcomes)
  readonly #limits: AnswerLimits
  readonly #reference: ExecutableOperation

  /** `reference` executes the operation if a condition is null. */
  constructor(
    rootType: GraphQLObjectType,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    limits: AnswerLimits,
    reference: ExecutableOperation,
  ) {
    this.#rootType = rootType
    this.#limits = limits
    this.#conditions = conditionVariables(document, operation)
    this.#reference = reference
  }

  execute(args: ValidatedExecutionArgs, account = noUser): Answer | Promise<Answer> {
    const selection = this.#selection(args)
    if (selection === undefined) return this.#reference.execute(args, account)
    return args.operation.operation === OperationTypeNode.MUTATION
      ? executeSerially(selection, new Execution(args, this.#limits, account))
      : executeAtOnce(selection, new Execution(args, this.#limits, account))
  }

  /** Undefined if the execution cannot be compiled: with a null condition, or with errors that do not propagate. */
  #selection(args: ValidatedExecutionArgs): Selection | undefined {
    const { coerced } = args.variableValues
    if (!args.errorPropagation || this.#conditions.some(name => typeof coerced[name] !== 'boolean')) return undefined
    const outcome = this.#conditions.length === 0 ? '' : this.#conditions.map(name => coerced[name]).join()
    const known = this.#outcomes.get(outcome)
    if (known !== undefined) return known
    const compiler = new OperationCompiler(args.schema, args.document, new Conditions(coerced))
    const compiled = compiler.selection(this.#rootType, [args.operation.selectionSet])
    this.#outcomes.set(outcome, compiled)
    return compiled
  }
}

const executeAtOnce = (selection: Selection, run: Execution): Answer | Promise<Answer> => {
  try {
    selection.write(run.args.rootValue, run, run.text, undefined)
  } catch (error) {
    failWhole(error, run)
  }
  return run.unsettled ? answerOnceSettled(run) : answerOf(run)
}

const executeSerially = async (selection: Selection, run: Execution): Promise<Answer> => {
  try {
    await selection.writeSerially(run.args.rootValue, run, run.text)
  } catch (error) {
    failWhole(error, run)
    if (run.unsettled) await run.settled()
  }
  return answerOf(run)
}
