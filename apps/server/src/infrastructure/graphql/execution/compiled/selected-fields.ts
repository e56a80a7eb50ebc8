import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Conditions } from './conditions.ts'
import type { FieldNodes } from './field-info.ts'

/** Collects the fields that a document selects on an object type, with fragments expanded. */
export class SelectedFields {
  readonly #schema: GraphQLSchema
  readonly #conditions: Pick<Conditions, 'include'>
  readonly #fragments = new Map<string, FragmentDefinitionNode>()

  constructor(schema: GraphQLSchema, document: DocumentNode, conditions: Pick<Conditions, 'include'>) {
    this.#schema = schema
    this.#conditions = conditions
    for (const node of document.definitions)
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(node.name.value, node)
  }

  /** By response key. */
  of(type: GraphQLObjectType, selections: readonly SelectionSetNode[]): ReadonlyMap<string, FieldNodes> {
    const found = new Map<string, [FieldNode, ...FieldNode[]]>()
    const spread = new Set<string>()
    const enter = (node: SelectionNode): void => {
      if (!this.#conditions.include(node)) return
      if (node.kind === Kind.FIELD) {
        const name = (node.alias ?? node.name).value
        const known = found.get(name)
        if (known === undefined) found.set(name, [node])
        else known.push(node)
        return
      }
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : this.#unlessSpread(node.name.value, type, spread)
      if (fragment !== undefined && this.#applies(fragment.typeCondition?.name.value, type))
        for (const inner of fragment.selectionSet.selections) enter(inner)
    }
    for (const { selections: nodes } of selections) for (const node of nodes) enter(node)
    return found
  }

  #unlessSpread(name: string, type: GraphQLObjectType, spread: Set<string>): FragmentDefinitionNode | undefined {
    const fragment = this.#fragments.get(name)
    if (fragment === undefined || spread.has(name) || !this.#applies(fragment.typeCondition.name.value, type))
      return undefined
    spread.add(name)
    return fragment
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true
    const conditional = this.#schema.getType(condition)
    return isAbstractType(conditional) && this.#schema.isSubType(conditional, type)
  }
}
