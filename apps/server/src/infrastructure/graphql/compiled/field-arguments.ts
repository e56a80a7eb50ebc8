import { type FieldNode, type GraphQLField, getArgumentValues, visit } from 'graphql'
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
 * How the arguments of a field come to be: what no variable changes once for good, the rest once for each run. `index` is
 * this field's own among those of its operation.
 */
export const fieldArguments = (
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  index: number,
): ((run: Execution) => FieldArguments) => {
  if (definition.args.length === 0) return () => none
  const make = (run: Execution): FieldArguments =>
    Object.freeze(getArgumentValues(definition, node, run.args.variableValues, undefined, run.args.hideSuggestions))
  if (namesVariables(node)) return run => run.once(index, () => make(run))
  let constant: FieldArguments | undefined
  return run => {
    constant ??= make(run)
    return constant
  }
}
