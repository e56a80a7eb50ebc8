import {
  type ExecutionArgs,
  type GraphQLError,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type ValidatedExecutionArgs,
  type VariableValues,
  validateExecutionArgs,
} from 'graphql'
import { type Coerce, InputCoercion } from './input-coercion.ts'

type Sources = VariableValues['sources']
type Signature = Sources[string]['signature']

interface Variable {
  readonly signature: Signature
  readonly mayBeMissing: boolean
  readonly coerce: Coerce
}

interface Known {
  /** Without what belongs to one execution. */
  readonly args: ValidatedExecutionArgs
  readonly variables: readonly Variable[]
}

/**
 * As graphql's `validateExecutionArgs`, but what only depends on the operation is found once, as long as its document is kept.
 * Variables with default values, and values that are not valid, are left to graphql.
 */
export class ExecutionArguments {
  readonly #coercion = new InputCoercion()
  readonly #known = new WeakMap<OperationDefinitionNode, Known | 'not known'>()

  /** `operation` is the one that `args` names. */
  validate(operation: OperationDefinitionNode, args: ExecutionArgs): ValidatedExecutionArgs | readonly GraphQLError[] {
    const known = this.#known.get(operation)
    if (known === undefined) return this.#validateFirst(operation, args)
    const variableValues = known === 'not known' ? undefined : coerceAll(known.variables, args.variableValues ?? {})
    if (known === 'not known' || variableValues === undefined) return validateExecutionArgs(args)
    const { contextValue, variableValues: rawVariableValues } = args
    return { ...known.args, contextValue, variableValues, rawVariableValues }
  }

  #validateFirst(operation: OperationDefinitionNode, args: ExecutionArgs) {
    const validated = validateExecutionArgs(args)
    if (!('schema' in validated)) return validated
    this.#known.set(operation, this.#learn(operation, validated))
    return validated
  }

  #learn(
    { variableDefinitions = [] }: OperationDefinitionNode,
    validated: ValidatedExecutionArgs,
  ): Known | 'not known' {
    const { schema, variableValues } = validated
    const variables: Variable[] = []
    for (const { variable, type: typeNode, defaultValue } of variableDefinitions) {
      const signature = variableValues.sources[variable.name.value]?.signature
      const type = typeFromAST(schema, typeNode)
      if (signature === undefined || !isInputType(type) || defaultValue !== undefined) return 'not known'
      variables.push({ signature, mayBeMissing: !isNonNullType(type), coerce: this.#coercion.of(type) })
    }
    const ofNoExecution = {
      variableValues: { sources: {}, coerced: {} },
      contextValue: undefined,
      rawVariableValues: {},
    }
    return { args: { ...validated, ...ofNoExecution }, variables }
  }
}

/** Undefined where a value is not valid. */
const coerceAll = (
  variables: readonly Variable[],
  inputs: Readonly<Record<string, unknown>>,
): VariableValues | undefined => {
  const sources: Record<string, Sources[string]> = Object.create(null)
  const coerced: Record<string, unknown> = Object.create(null)
  for (const { signature, mayBeMissing, coerce } of variables) {
    const { name } = signature
    const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined
    if (value === undefined) {
      if (!mayBeMissing) return undefined
      sources[name] = { signature }
      continue
    }
    sources[name] = { signature, value }
    const coercedValue = coerce(value)
    if (coercedValue === undefined) return undefined
    coerced[name] = coercedValue
  }
  return { sources, coerced }
}
