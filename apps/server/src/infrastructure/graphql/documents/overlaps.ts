import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { tooComplex } from '../cost/too-complex.ts'
import { fragmentsOf, maxDepth } from './document-limits.ts'

/** Pairs of fields with the same response key, in the whole document: validation compares each pair. */
const maxPairs = 10_000
/** Fields with fragments expanded, counted at each spread. */
const maxPlaces = 10_000

/**
 * Counts how often validation will compare fields with each other, without knowing their types. A document that is
 * not validated yet may have a cycle of fragments.
 */
class Overlaps {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>
  #pairs = 0
  #places = 0

  constructor(document: DocumentNode) {
    this.#fragments = fragmentsOf(document)
  }

  /** Throws if the count exceeds the limit. */
  count(selections: readonly SelectionSetNode[], depth = 0): void {
    const fields = new Map<string, FieldNode[]>()
    const spread = new Set<string>()
    for (const { selections: nodes } of selections) for (const node of nodes) this.#gather(node, fields, spread)
    for (const copies of fields.values()) {
      this.#add(copies.length)
      const below = copies.flatMap(({ selectionSet }) => selectionSet ?? [])
      // Deeper ones are refused for their depth.
      if (below.length > 0 && depth <= maxDepth) this.count(below, depth + 1)
    }
  }

  #gather(node: SelectionNode, fields: Map<string, FieldNode[]>, spread: Set<string>): void {
    if (node.kind === Kind.FIELD) {
      const name = (node.alias ?? node.name).value
      const known = fields.get(name)
      if (known === undefined) fields.set(name, [node])
      else known.push(node)
      return
    }
    for (const inner of this.#selectionsOf(node, spread)) this.#gather(inner, fields, spread)
  }

  #selectionsOf(node: Exclude<SelectionNode, FieldNode>, spread: Set<string>): readonly SelectionNode[] {
    if (node.kind === Kind.INLINE_FRAGMENT) return node.selectionSet.selections
    const name = node.name.value
    if (spread.has(name)) return []
    spread.add(name)
    return this.#fragments.get(name)?.selectionSet.selections ?? []
  }

  #add(copies: number): void {
    this.#places += copies
    this.#pairs += (copies * (copies - 1)) / 2
    if (this.#pairs > maxPairs || this.#places > maxPlaces)
      throw tooComplex(
        'The fields and fragments of this document overlap too often. Remove repeated fields and fragments.',
      )
  }
}

/** Refuses a document whose validation would compare too many fields. */
export const requireOverlapLimit = (document: DocumentNode): void => {
  const overlaps = new Overlaps(document)
  for (const node of document.definitions)
    if (node.kind === Kind.OPERATION_DEFINITION) overlaps.count([node.selectionSet])
    else if (node.kind === Kind.FRAGMENT_DEFINITION) overlaps.count([node.selectionSet])
}
