import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  visit,
} from 'graphql'
import { tooComplex } from '../cost/too-complex.ts'

// Limits on the form of a document. They bound the time that parsing and validation take.

/** GraphQL tokens of any document. One without an access token has fewer: `open-document.ts`. */
export const maxTokens = 3000
/** Fields and fragments in one selection set: validation compares every pair. */
const maxSelections = 150
const maxDirectives = 4
/** Characters of all tokens: without spaces and comments. */
const maxTokenLength = 65_536
export const maxDepth = 15
const maxBrackets = 100
const maxAliases = 100
/** All of them are validated, although only one is executed. */
const maxOperations = 20
const maxSchemas = 1
const maxTypes = 3

/**
 * Refuses a text whose bracket depth would exhaust the parser's stack, or whose names and values would make the messages of
 * validation long. Throws a syntax error if the text is not GraphQL.
 */
export const requireTokenLimits = (query: string): void => {
  const lexer = new Lexer(new Source(query))
  let [depth, length] = [0, 0]
  for (let tokens = 0; tokens <= maxTokens; tokens += 1) {
    const { kind, start, end } = lexer.advance()
    if (kind === TokenKind.EOF) return
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L) depth += 1
    else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R) depth -= 1
    if (depth > maxBrackets) throw tooComplex(`Brackets may be nested at most ${maxBrackets} deep.`)
    length += end - start
    if (length > maxTokenLength)
      throw tooComplex(`A document has ${maxTokenLength} characters at most. Send long values as variables.`)
  }
}

export const isOperation = (node: DefinitionNode): node is OperationDefinitionNode =>
  node.kind === Kind.OPERATION_DEFINITION

/** Refuses a document that would take too long to validate. */
export const requireSelectionWidth = (document: DocumentNode): void => {
  let aliases = 0
  if (document.definitions.filter(isOperation).length > maxOperations)
    throw tooComplex(`A document may have at most ${maxOperations} operations.`)
  visit(document, {
    enter(node) {
      if ('directives' in node && (node.directives?.length ?? 0) > maxDirectives)
        throw tooComplex(`A field, fragment or operation may have at most ${maxDirectives} directives.`)
      if (node.kind === Kind.FIELD && node.alias !== undefined) aliases += 1
      if (node.kind !== Kind.SELECTION_SET) return
      if (node.selections.length > maxSelections)
        throw tooComplex(`A selection set may have at most ${maxSelections} fields and fragments.`)
    },
  })
  if (aliases > maxAliases) throw tooComplex(`A document may have at most ${maxAliases} aliases.`)
}

export const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap(node => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )

/** Refuses a document that is too deep. The document must be valid: a cycle of fragments would never end. */
export const requireFieldDepth = (document: DocumentNode): void => {
  const fragments = fragmentsOf(document)
  const known = new Map<string, number>()
  const ofFragment = (name: string): number => {
    const depth = known.get(name) ?? ofSelection(fragments.get(name)?.selectionSet)
    known.set(name, depth)
    return depth
  }
  const ofNode = (node: SelectionNode): number => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return ofFragment(node.name.value)
    const inner = ofSelection(node.selectionSet)
    return node.kind === Kind.FIELD && !node.name.value.startsWith('__') ? inner + 1 : inner
  }
  const ofSelection = (selection: SelectionSetNode | undefined): number =>
    Math.max(0, ...(selection?.selections ?? []).map(ofNode))
  for (const node of document.definitions)
    if (node.kind === Kind.OPERATION_DEFINITION && ofSelection(node.selectionSet) > maxDepth)
      throw tooComplex(`Fields may be nested at most ${maxDepth} deep.`)
}

export interface IntrospectionCount {
  /** The number of `__schema` fields. */
  readonly schemas: number
  /** The number of `__type` fields. */
  readonly types: number
  /** The estimated size of their part of the response. */
  readonly bytes: number
}

/** A document may request the whole schema once, or a few types of it. */
export const requireIntrospectionLimit = ({ schemas, types, bytes }: IntrospectionCount, maxBytes: number): void => {
  if (schemas > maxSchemas || types > maxTypes || (schemas > 0 && types > 0))
    throw tooComplex(`A document asks for __schema once, or for __type ${maxTypes} times at most.`)
  if (bytes > maxBytes)
    throw tooComplex('The introspection response would be too large. Remove repeated fields and fragments.')
}
