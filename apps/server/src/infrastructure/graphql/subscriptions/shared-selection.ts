import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
  type SelectionSetNode,
  visit,
} from 'graphql'
import type { Variables } from '../cost/given-arguments.ts'
import { isViewerIndependent, mayReadViewer } from './viewer-independent.ts'

type WalkedSelection = Pick<SelectionWalk, 'variables' | 'viewerIndependent' | 'mayReadViewer'>

/** The selection of a subscription's root field. Subscriptions with equal selections may share executions. */
export class SharedSelection {
  /** The response key of the root field; it is not shared. */
  readonly responseKey: string
  readonly #text: string
  readonly #variables: readonly string[]
  /** Some of its fields read the viewer for some objects: then only the item is not shared. */
  readonly mayReadViewer: boolean
  #viewerIndependent: boolean

  constructor(responseKey: string, text: string, { variables, viewerIndependent, mayReadViewer }: WalkedSelection) {
    this.responseKey = responseKey
    this.#text = text
    this.#variables = [...variables].sort()
    this.#viewerIndependent = viewerIndependent
    this.mayReadViewer = mayReadViewer
  }

  /** Whether no field is known to depend on the viewer. */
  get viewerIndependent(): boolean {
    return this.#viewerIndependent
  }

  /** Records that the selection depends on the viewer. Returns whether that was unknown before. */
  markViewerDependent(): boolean {
    const news = this.#viewerIndependent
    this.#viewerIndependent = false
    return news
  }

  /** Equal keys mean equal results for an item. `coerced`: the operation's variables; only those in the selection count. */
  keyFor(coerced: Variables): string {
    if (this.#variables.length === 0) return this.#text
    const used = this.#variables.flatMap(name => (name in coerced ? [[name, coerced[name]]] : []))
    return `${JSON.stringify(used)} ${this.#text}`
  }
}

class SelectionWalk {
  readonly fragments = new Map<string, FragmentDefinitionNode>()
  readonly variables = new Set<string>()
  viewerIndependent = true
  mayReadViewer = false
  readonly #schema: GraphQLSchema
  readonly #document: DocumentNode

  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema
    this.#document = document
  }

  walk(selections: SelectionSetNode, type: GraphQLNamedType): void {
    this.#gather(selections)
    this.#enter(selections, type)
  }

  #enter({ selections }: SelectionSetNode, type: GraphQLNamedType | undefined): void {
    if (type === undefined) {
      this.viewerIndependent = false
      return
    }
    for (const node of selections) {
      if (node.kind === Kind.FIELD) this.#field(node, type)
      else if (node.kind === Kind.FRAGMENT_SPREAD) this.#spread(node.name.value)
      else
        this.#enter(
          node.selectionSet,
          node.typeCondition === undefined ? type : this.#schema.getType(node.typeCondition.name.value),
        )
    }
  }

  #field({ name, selectionSet }: FieldNode, type: GraphQLNamedType): void {
    if (name.value === '__typename') return
    const types = this.#objectsOf(type)
    if (
      types.length === 0 ||
      !types.every(({ [name.value]: field }) => field !== undefined && isViewerIndependent(field))
    )
      this.viewerIndependent = false
    if (types.some(({ [name.value]: field }) => field !== undefined && mayReadViewer(field))) this.mayReadViewer = true
    if (selectionSet === undefined) return
    const declared = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name.value] : undefined
    this.#enter(selectionSet, declared && getNamedType(declared.type))
  }

  #objectsOf(type: GraphQLNamedType): readonly ReturnType<GraphQLObjectType['getFields']>[] {
    if (isObjectType(type)) return [type.getFields()]
    return isAbstractType(type) ? this.#schema.getPossibleTypes(type).map(object => object.getFields()) : []
  }

  #spread(name: string): void {
    if (this.fragments.has(name)) return
    const fragment = this.#document.definitions.find(
      node => node.kind === Kind.FRAGMENT_DEFINITION && node.name.value === name,
    )
    if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) {
      this.viewerIndependent = false
      return
    }
    this.fragments.set(name, fragment)
    this.#gather(fragment)
    this.#enter(fragment.selectionSet, this.#schema.getType(fragment.typeCondition.name.value))
  }

  #gather(node: SelectionSetNode | FragmentDefinitionNode): void {
    visit(node, {
      Variable: ({ name }) => {
        this.variables.add(name.value)
      },
      Directive: ({ name }) => {
        if (name.value !== 'skip' && name.value !== 'include') this.viewerIndependent = false
      },
    })
  }
}

/** Undefined unless the operation is a subscription with one plain root field that has a selection. */
export const sharedSelection = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): SharedSelection | undefined => {
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION || operation.selectionSet.selections.length !== 1)
    return undefined
  const [root] = operation.selectionSet.selections
  if (root?.kind !== Kind.FIELD || root.selectionSet === undefined || (root.directives?.length ?? 0) > 0)
    return undefined
  const field = schema.getSubscriptionType()?.getFields()[root.name.value]
  if (field === undefined) return undefined
  const walk = new SelectionWalk(schema, document)
  walk.walk(root.selectionSet, getNamedType(field.type))
  const fragments = [...walk.fragments].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fragment]) => print(fragment))
  const text = [print(root.selectionSet), ...fragments].join('\n')
  return new SharedSelection((root.alias ?? root.name).value, text, walk)
}
