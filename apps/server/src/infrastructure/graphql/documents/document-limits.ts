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

// What a document may be like before anything is known of what it asks for: all of it keeps parsing and validation cheap.

/** GraphQL tokens of any document. One without an access token has fewer: `open-document.ts`. */
export const maxTokens = 3000
/** Fields and fragments side by side: validation compares each with each. */
const maxSelections = 150
const maxDirectives = 4
/** Characters of all tokens: without spaces and comments. */
const maxTokenLength = 65_536
export const maxDepth = 15
const maxBrackets = 100
const maxAliases = 100
/** Each is counted, though one of them is executed. */
const maxOperations = 20
const maxSchemas = 1
const maxTypes = 3

/** Refuses a text whose bracket depth would exhaust the parser's stack. Throws a syntax error if the text is not GraphQL. */
export const requireBracketDepth = (query: string): void => {
  const lexer = new Lexer(new Source(query))
  let depth = 0
  for (let tokens = 0; tokens <= maxTokens; tokens += 1) {
    const { kind } = lexer.advance()
    if (kind === TokenKind.EOF) return
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L) depth += 1
    else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R) depth -= 1
    if (depth > maxBrackets) throw tooComplex(`Brackets are nested ${maxBrackets} deep at most.`)
  }
}

/** Names and values are printed into the messages of validation, some of them several times. */
export const requireTokenLength = (query: string): void => {
  if (query.length <= maxTokenLength) return
  const lexer = new Lexer(new Source(query))
  let length = 0
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    length += token.end - token.start
    if (length > maxTokenLength)
      throw tooComplex(`A document has ${maxTokenLength} characters at most. Send long values as variables.`)
  }
}

export const isOperation = (node: DefinitionNode): node is OperationDefinitionNode =>
  node.kind === Kind.OPERATION_DEFINITION

/** Refuses what would cost more to validate than it is worth. */
export const requireSelectionWidth = (document: DocumentNode): void => {
  let aliases = 0
  if (document.definitions.filter(isOperation).length > maxOperations)
    throw tooComplex(`A document holds ${maxOperations} operations at most.`)
  visit(document, {
    enter(node) {
      if ('directives' in node && (node.directives?.length ?? 0) > maxDirectives)
        throw tooComplex(`One place carries ${maxDirectives} directives at most.`)
      if (node.kind === Kind.FIELD && node.alias !== undefined) aliases += 1
      if (node.kind !== Kind.SELECTION_SET) return
      if (node.selections.length > maxSelections)
        throw tooComplex(`A selection holds ${maxSelections} fields and fragments at most.`)
    },
  })
  if (aliases > maxAliases) throw tooComplex(`A document holds ${maxAliases} aliases at most.`)
}

export const fragmentsOf = (document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> =>
  new Map(
    document.definitions.flatMap(node => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )

/** Refuses a document that is too deep. It must be valid: fragments in a circle would never end. */
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
      throw tooComplex(`A document is at most ${maxDepth} fields deep.`)
}

export interface IntrospectionCount {
  /** How often the whole schema is asked for. */
  readonly schemas: number
  /** How often one type of it is. */
  readonly types: number
  /** Of the answer to both. */
  readonly bytes: number
}

/** One answer tells the whole schema once, or a few types of it. */
export const requireIntrospectionLimit = ({ schemas, types, bytes }: IntrospectionCount, maxBytes: number): void => {
  if (schemas > maxSchemas || types > maxTypes || (schemas > 0 && types > 0))
    throw tooComplex(`A document asks for __schema once, or for __type ${maxTypes} times at most.`)
  if (bytes > maxBytes) throw tooComplex('This asks for more of the schema than it holds: leave out what is repeated.')
}
