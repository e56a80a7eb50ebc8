import { frameBytes } from '@cpc-messenger/protocol'
import {
  type FieldNode,
  Kind,
  type SelectionNode,
  type ValidatedSubscriptionArgs,
  type VariableValues,
  visit,
} from 'graphql'
import type { SharedBytes } from '../operations/user-memory.ts'

/** Estimated memory for each character of a document, parsed and compiled. */
const bytesOfCharacter = 128
/** Estimated memory of a subscription in addition to its variables. */
const bytesOfSubscription = 500

const variablesIn = (node: SelectionNode | FieldNode['selectionSet'], names: Set<string>): void => {
  if (node === undefined) return
  visit(node, {
    Variable({ name }) {
      names.add(name.value)
    },
  })
}

/** The variables that are used outside the arguments of the root field. */
const selectedVariables = ({ document, operation }: ValidatedSubscriptionArgs): ReadonlySet<string> => {
  const names = new Set<string>()
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) variablesIn(node.selectionSet, names)
  for (const node of operation.selectionSet.selections) {
    if (node.kind !== Kind.FIELD) variablesIn(node, names)
    else {
      variablesIn(node.selectionSet, names)
      for (const directive of node.directives ?? [])
        visit(directive, {
          Variable({ name }) {
            names.add(name.value)
          },
        })
    }
  }
  return names
}

/** Takes the place of a list that is no longer needed; an argument may require one. */
const emptied: readonly unknown[] = []

/**
 * The arguments for executing a subscription's selection over its items. Lists that were only needed to open it, such as
 * positions, are emptied.
 */
export const keptArguments = (args: ValidatedSubscriptionArgs): ValidatedSubscriptionArgs => {
  const selected = selectedVariables(args)
  const { sources, coerced } = args.variableValues
  const keeps = (name: string): boolean => selected.has(name) || !Array.isArray(coerced[name])
  const variableValues: VariableValues = {
    sources: Object.fromEntries(
      Object.entries(sources).map(([name, source]) => [name, keeps(name) ? source : { ...source, value: emptied }]),
    ),
    coerced: Object.fromEntries(Object.entries(coerced).map(([name, value]) => [name, keeps(name) ? value : emptied])),
  }
  return { ...args, contextValue: undefined, variableValues }
}

/** The estimated memory of these arguments; the document counts once for all subscriptions of a user with the same one. */
export const bytesOfArguments = ({
  variableValues,
  document,
}: ValidatedSubscriptionArgs): { readonly own: number; readonly shared: SharedBytes } => ({
  own: bytesOfSubscription + 4 * JSON.stringify(variableValues.coerced).length,
  shared: { of: document, bytes: bytesOfCharacter * (document.loc?.end ?? frameBytes) },
})
