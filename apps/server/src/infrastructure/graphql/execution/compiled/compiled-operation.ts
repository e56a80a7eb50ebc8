import { GraphQLError, type GraphQLObjectType, OperationTypeNode, type ValidatedExecutionArgs } from 'graphql'
import { timeSlices } from '../../compiled/time-slices.ts'
import { type Answer, largeAnswerLength } from '../answer.ts'
import { type AnswerLimits, isWithin } from '../answer-limits.ts'
import { answerTooLarge } from '../answer-too-large.ts'
import { Conditions } from './conditions.ts'
import { Execution } from './execution.ts'
import { OperationCompiler } from './operation-compiler.ts'
import type { Selection } from './selection.ts'

/** Outcomes of an operation's conditions that are remembered: a document may name many more. */
const maxOutcomes = 4

const tooLarge: Answer = { tooLarge: true, errors: [answerTooLarge()] }

const answerOf = (run: Execution, limits: AnswerLimits): Answer => {
  if (run.tooLarge) return tooLarge
  const data = run.text.toString()
  if (!isWithin(data, limits)) return tooLarge
  return run.errors.length === 0 ? { data } : { errors: run.errors, data }
}

/** The parts of a long text are joined in a turn of their own. */
const answerOnceSettled = async (run: Execution, limits: AnswerLimits): Promise<Answer> => {
  await run.settled()
  if (run.length > largeAnswerLength) await timeSlices.ownTurn()
  return answerOf(run, limits)
}

const failWhole = (error: unknown, run: Execution): void => {
  if (!(error instanceof GraphQLError)) throw error
  run.fail(error, run.text)
}

/** One operation of a document, compiled once for each outcome of its conditions. */
export class CompiledOperation {
  readonly #rootType: GraphQLObjectType
  readonly #conditions: readonly string[]
  readonly #outcomes = new Map<string, Selection>()

  readonly #limits: AnswerLimits

  constructor(rootType: GraphQLObjectType, { document }: ValidatedExecutionArgs, limits: AnswerLimits) {
    this.#rootType = rootType
    this.#limits = limits
    this.#conditions = Conditions.namesIn(document)
  }

  /** A condition of it that is null: it is to be executed in another way. */
  nullCondition({ variableValues: { coerced } }: ValidatedExecutionArgs): string | undefined {
    return this.#conditions.find(name => typeof coerced[name] !== 'boolean')
  }

  /** Never rejects. Undefined where it has to be executed in another way. */
  execute(args: ValidatedExecutionArgs): Answer | Promise<Answer> | undefined {
    const selection = this.#selection(args)
    if (selection === undefined) return undefined
    return args.operation.operation === OperationTypeNode.MUTATION
      ? executeSerially(selection, args, this.#limits)
      : executeAtOnce(selection, args, this.#limits)
  }

  #selection(args: ValidatedExecutionArgs): Selection | undefined {
    const { coerced } = args.variableValues
    if (this.nullCondition(args) !== undefined) return undefined
    const outcome = this.#conditions.map(name => coerced[name]).join()
    const known = this.#outcomes.get(outcome)
    if (known !== undefined) return known
    if (this.#outcomes.size >= maxOutcomes) this.#outcomes.clear()
    const compiler = new OperationCompiler(args.schema, args.document, new Conditions(coerced))
    const compiled = compiler.selection(this.#rootType, [args.operation.selectionSet])
    this.#outcomes.set(outcome, compiled)
    return compiled
  }
}

const executeAtOnce = (
  selection: Selection,
  args: ValidatedExecutionArgs,
  limits: AnswerLimits,
): Answer | Promise<Answer> => {
  const run = new Execution(args, limits)
  try {
    selection.write(args.rootValue, run, run.text, undefined)
  } catch (error) {
    failWhole(error, run)
  }
  return run.unsettled ? answerOnceSettled(run, limits) : answerOf(run, limits)
}

const executeSerially = async (
  selection: Selection,
  args: ValidatedExecutionArgs,
  limits: AnswerLimits,
): Promise<Answer> => {
  const run = new Execution(args, limits)
  try {
    await selection.writeSerially(args.rootValue, run, run.text)
  } catch (error) {
    failWhole(error, run)
    if (run.unsettled) await run.settled()
  }
  return answerOf(run, limits)
}
