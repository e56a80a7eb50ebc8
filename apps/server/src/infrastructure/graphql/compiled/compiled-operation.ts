import { GraphQLError, type GraphQLObjectType, OperationTypeNode, type ValidatedExecutionArgs } from 'graphql'
import type { Answer } from './answer.ts'
import { AnswerText } from './answer-text.ts'
import { Conditions } from './conditions.ts'
import { Execution } from './execution.ts'
import { OperationCompiler } from './operation-compiler.ts'
import type { Selection } from './selection.ts'

/** Outcomes of an operation's conditions that are remembered: a document may name many more. */
const mostOutcomes = 16

const answerOf = ({ errors }: Execution, text: AnswerText): Answer =>
  errors.length === 0 ? { data: text.toString() } : { errors, data: text.toString() }

const failWhole = (error: unknown, run: Execution, text: AnswerText): void => {
  if (!(error instanceof GraphQLError)) throw error
  run.fail(error, text)
}

/** One operation of a document, compiled once for each outcome of its conditions. */
export class CompiledOperation {
  readonly #rootType: GraphQLObjectType
  readonly #conditions: readonly string[]
  readonly #outcomes = new Map<string, Selection>()

  constructor(rootType: GraphQLObjectType, { document }: ValidatedExecutionArgs) {
    this.#rootType = rootType
    this.#conditions = Conditions.namesIn(document)
  }

  /** Never rejects. Undefined where it has to be executed in another way. */
  execute(args: ValidatedExecutionArgs): Answer | Promise<Answer> | undefined {
    const selection = this.#selection(args)
    if (selection === undefined) return undefined
    return args.operation.operation === OperationTypeNode.MUTATION
      ? executeSerially(selection, args)
      : executeAtOnce(selection, args)
  }

  #selection(args: ValidatedExecutionArgs): Selection | undefined {
    const { coerced } = args.variableValues
    const values = this.#conditions.map(name => coerced[name])
    if (!values.every(value => typeof value === 'boolean')) return undefined
    const outcome = values.join()
    const known = this.#outcomes.get(outcome)
    if (known !== undefined || this.#outcomes.size >= mostOutcomes) return known
    const compiler = new OperationCompiler(args.schema, args.document, new Conditions(coerced))
    const compiled = compiler.selection(this.#rootType, [args.operation.selectionSet])
    this.#outcomes.set(outcome, compiled)
    return compiled
  }
}

const executeAtOnce = (selection: Selection, args: ValidatedExecutionArgs): Answer | Promise<Answer> => {
  const run = new Execution(args)
  const text = AnswerText.whole()
  try {
    selection.write(args.rootValue, run, text, undefined)
  } catch (error) {
    failWhole(error, run, text)
  }
  return run.unsettled ? run.settled().then(() => answerOf(run, text)) : answerOf(run, text)
}

const executeSerially = async (selection: Selection, args: ValidatedExecutionArgs): Promise<Answer> => {
  const run = new Execution(args)
  const text = AnswerText.whole()
  try {
    await selection.writeSerially(args.rootValue, run, text)
  } catch (error) {
    failWhole(error, run, text)
    if (run.unsettled) await run.settled()
  }
  return answerOf(run, text)
}
