import {
  executeRootSelectionSet,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
  type OperationDefinitionNode,
  type ValidatedExecutionArgs,
} from 'graphql'
import { type Answer, answerOf } from '../answer.ts'
import { type AnswerLimits, unlimited } from '../answer-limits.ts'
import { CompiledOperation } from './compiled-operation.ts'

/** Of every value it can be told which type it is of, without asking each type. */
const tellsTypes = (schema: GraphQLSchema): boolean =>
  Object.values(schema.getTypeMap()).every(type =>
    isObjectType(type) ? !type.isTypeOf : !isAbstractType(type) || Boolean(type.resolveType),
  )

/**
 * Executes operations, each compiled when it is first seen and for as long as its document is kept. It answers what
 * graphql's own executor answers, which executes what is not compiled.
 */
export class CompiledOperations {
  readonly #schema: GraphQLSchema
  readonly #tellsTypes: boolean
  readonly #limits: AnswerLimits
  readonly #known = new WeakMap<OperationDefinitionNode, CompiledOperation | 'not compiled'>()

  /** `limits` hold for what is compiled. */
  constructor(schema: GraphQLSchema, limits = unlimited) {
    this.#schema = schema
    this.#limits = limits
    this.#tellsTypes = tellsTypes(schema)
  }

  /** At once where all resolvers answer at once. */
  execute(args: ValidatedExecutionArgs): Answer | Promise<Answer> {
    const compiled = this.#compiled(args)
    return (compiled === 'not compiled' ? undefined : compiled.execute(args)) ?? executeAsItIs(args)
  }

  /** The variable of a `@skip` or `@include` that is null, where there is one: such an operation cannot be compiled. */
  nullCondition(args: ValidatedExecutionArgs): string | undefined {
    const compiled = this.#compiled(args)
    return compiled === 'not compiled' ? undefined : compiled.nullCondition(args)
  }

  #compiled(args: ValidatedExecutionArgs): CompiledOperation | 'not compiled' {
    const { operation } = args
    const known = this.#known.get(operation)
    if (known !== undefined) return known
    const rootType = this.#schema.getRootType(operation.operation)
    const compiled =
      rootType && this.#tellsTypes && args.errorPropagation
        ? new CompiledOperation(rootType, args, this.#limits)
        : 'not compiled'
    this.#known.set(operation, compiled)
    return compiled
  }
}

const executeAsItIs = (args: ValidatedExecutionArgs): Answer | Promise<Answer> => {
  const result = executeRootSelectionSet(args)
  return 'then' in result ? result.then(answerOf) : answerOf(result)
}
