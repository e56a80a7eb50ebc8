import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'

/** The variables in `@skip` and `@include` of an operation and of the fragments that it uses, sorted. */
export const conditionVariables = (document: DocumentNode, operation: OperationDefinitionNode): readonly string[] => {
  const names = new Set<string>()
  const used: (OperationDefinitionNode | FragmentDefinitionNode)[] = [operation]
  const visitNode = (node: ASTNode): void =>
    void visit(node, {
      Directive({ name, arguments: given = [] }) {
        if (name.value !== 'skip' && name.value !== 'include') return
        for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
      },
      FragmentSpread({ name }) {
        for (const node of document.definitions)
          if (node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === name.value && !used.includes(node))
            used.push(node)
      },
    })
  for (const node of used) visitNode(node)
  return [...names].sort()
}
