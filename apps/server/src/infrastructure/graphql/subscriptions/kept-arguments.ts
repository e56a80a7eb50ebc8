import { frameBytes } from '@cpc-messenger/protocol'
import {
  type FieldNode,
  Kind,
  type SelectionNode,
  type ValidatedSubscriptionArgs,
  type VariableValues,
  visit,
} from 'graphql'
import type { SharedBytes } from '../../sockets/user-memory.ts'

/** What a character of a document takes once it is parsed and compiled, about. */
const bytesOfCharacter = 128
/** What a subscription takes beside all that the client chose. */
const bytesOfSubscription = 500

const variablesIn = (node: SelectionNode | FieldNode['selectionSet'], names: Set<string>): void => {
  if (node === undefined) return
  visit(node, {
    Variable({ name }) {
      names.add(name.value)
    },
  })
}

/** The variables that are used elsewhere than in the arguments of the root field. */
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

const keepOnly = <Value>(values: Readonly<Record<string, Value>>, keeps: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => keeps(name)))

/**
 * The arguments that executing a subscription's selection over its items takes: of the lists that only opened it, the
 * positions, nothing is kept.
 */
export const keptArguments = (args: ValidatedSubscriptionArgs): ValidatedSubscriptionArgs => {
  const selected = selectedVariables(args)
  const { sources, coerced } = args.variableValues
  const keeps = (name: string): boolean => selected.has(name) || !Array.isArray(coerced[name])
  const variableValues: VariableValues = { sources: keepOnly(sources, keeps), coerced: keepOnly(coerced, keeps) }
  return { ...args, contextValue: undefined, variableValues }
}

/** What these arguments take in memory, estimated: the document once for all subscriptions of a user that have the same. */
export const bytesOfArguments = ({
  variableValues,
  document,
}: ValidatedSubscriptionArgs): { readonly own: number; readonly shared: SharedBytes } => ({
  own: bytesOfSubscription + 4 * JSON.stringify(variableValues.coerced).length,
  shared: { of: document, bytes: bytesOfCharacter * (document.loc?.end ?? frameBytes) },
})
