import {
  type ExecutionArgs,
  type GraphQLError,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type ValidatedExecutionArgs,
  type ValidatedSubscriptionArgs,
  type VariableValues,
  validateExecutionArgs,
  validateSubscriptionArgs,
} from 'graphql'
import type { Coerce, InputCoercion } from './input-coercion.ts'
import { findInvalidVariable } from './invalid-variable.ts'

type Sources = VariableValues['sources']
type Signature = Sources[string]['signature']

interface Variable {
  readonly signature: Signature
  readonly mayBeMissing: boolean
  readonly coerce: Coerce
}

interface Known {
  /** Without the values of one execution. */
  readonly args: ValidatedExecutionArgs
  readonly variables: readonly Variable[]
}

/**
 * Validates the arguments of one operation's executions, like graphql's `validateExecutionArgs`. What depends on the operation
 * alone is found at the first valid execution. Variables with default values are left to graphql.
 */
export class ExecutionArguments {
  readonly #operation: OperationDefinitionNode
  readonly #coercion: InputCoercion
  #known: Known | 'left to graphql' | undefined

  constructor(operation: OperationDefinitionNode, coercion: InputCoercion) {
    this.#operation = operation
    this.#coercion = coercion
  }

  /** `args` must name the operation. */
  validate(args: ExecutionArgs): ValidatedExecutionArgs | readonly GraphQLError[] {
    const known = this.#known
    if (known === undefined) return this.#validateFirst(args)
    if (known === 'left to graphql') return this.#validateByGraphQL(args)
    const variableValues = coerceAll(known.variables, args.variableValues ?? {})
    if (variableValues === undefined) return this.#validateByGraphQL(args)
    const { contextValue, variableValues: rawVariableValues } = args
    return { ...known.args, contextValue, variableValues, rawVariableValues }
  }

  /** Like `validate`, for the event stream of a subscription. */
  validateSubscription(args: ExecutionArgs): ValidatedSubscriptionArgs | readonly GraphQLError[] {
    return this.#findInvalid(args) ?? validateSubscriptionArgs(args)
  }

  #findInvalid({ schema, variableValues, hideSuggestions }: ExecutionArgs): readonly GraphQLError[] | undefined {
    const invalid = findInvalidVariable(schema, this.#operation, variableValues ?? {}, hideSuggestions ?? false)
    return invalid && [invalid]
  }

  #validateByGraphQL(args: ExecutionArgs): ValidatedExecutionArgs | readonly GraphQLError[] {
    return this.#findInvalid(args) ?? validateExecutionArgs(args)
  }

  #validateFirst(args: ExecutionArgs) {
    const validated = this.#validateByGraphQL(args)
    if ('schema' in validated) this.#known = this.#learn(validated)
    return validated
  }

  #learn(validated: ValidatedExecutionArgs): Known | 'left to graphql' {
    const { schema, variableValues } = validated
    const variables: Variable[] = []
    for (const { variable, type: typeNode, defaultValue } of this.#operation.variableDefinitions ?? []) {
      const signature = variableValues.sources[variable.name.value]?.signature
      const type = typeFromAST(schema, typeNode)
      if (signature === undefined || !isInputType(type) || defaultValue !== undefined) return 'left to graphql'
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

/** Undefined if a value is invalid. */
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
