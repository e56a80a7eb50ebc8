import { type DocumentNode, Kind, type OperationDefinitionNode } from 'graphql'

/** The first operation of a document. */
export const operationIn = ({ definitions }: DocumentNode): OperationDefinitionNode => {
  const found = definitions.find(node => node.kind === Kind.OPERATION_DEFINITION)
  if (found === undefined) throw new TypeError('the document has no operation')
  return found
}
