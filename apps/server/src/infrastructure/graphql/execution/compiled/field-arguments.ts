import { type FieldNode, type GraphQLField, getArgumentValues, type VariableValues, visit } from 'graphql'
import type { Execution } from './execution.ts'

export type FieldArguments = Readonly<Record<string, unknown>>

const none: FieldArguments = Object.freeze(Object.create(null))

const namesVariables = (node: FieldNode): boolean => {
  let names = false
  for (const argument of node.arguments ?? [])
    visit(argument, {
      Variable() {
        names = true
      },
    })
  return names
}

/**
 * Returns a function that makes the arguments of a field: once if they use no variables, otherwise once for each set of
 * variables, however often the operation is executed with it.
 */
export const fieldArguments = (
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): ((run: Execution) => FieldArguments) => {
  if (definition.args.length === 0) return () => none
  const make = ({ args }: Execution): FieldArguments =>
    Object.freeze(getArgumentValues(definition, node, args.variableValues, undefined, args.hideSuggestions))
  if (!namesVariables(node)) return onceForAll(make)
  const known = new WeakMap<VariableValues, FieldArguments>()
  return run => {
    const { variableValues } = run.args
    const before = known.get(variableValues)
    if (before !== undefined) return before
    const made = make(run)
    known.set(variableValues, made)
    return made
  }
}

const onceForAll = (make: (run: Execution) => FieldArguments): ((run: Execution) => FieldArguments) => {
  let made: FieldArguments | undefined
  return run => {
    made ??= make(run)
    return made
  }
}
