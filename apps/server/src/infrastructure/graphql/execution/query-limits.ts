import { Refusal } from '@cpc-messenger/messenger'
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  visit,
} from 'graphql'

export const maxTokens = 3000
/** Fields and fragments side by side: validation compares each with each. */
const maxSelections = 150
const maxDepth = 15
const maxBrackets = 100
const maxAliases = 100
/** Fields that an answer may hold, by a rough count. */
const maxCost = 500_000

/** Rows that a list holds where no argument says how many. */
const usualSizes: ReadonlyMap<string, number> = new Map([
  ['conversations', 50],
  ['channels', 50],
  ['messages', 50],
  ['members', 50],
  ['memberships', 50],
  ['reactors', 50],
  ['events', 100],
  ['nodes', 100],
  ['users', 10],
  ['heroes', 5],
  ['reactions', 5],
  ['mentions', 3],
])

export type Variables = Readonly<Record<string, unknown>>
type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

export const tooComplex = (message: string): Refusal => new Refusal('QUERY_TOO_COMPLEX', message)

/** Refuses a text whose brackets are nested so deeply that reading it would exhaust the stack. Throws where it is no GraphQL. */
export const requireFlat = (query: string): void => {
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

/** Refuses what would cost more to validate than it is worth. */
export const requireNarrow = (document: DocumentNode): void => {
  visit(document, {
    SelectionSet({ selections }) {
      if (selections.length > maxSelections)
        throw tooComplex(`A selection holds ${maxSelections} fields and fragments at most.`)
    },
  })
}

const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions.flatMap(node => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )

const isIntrospection = (field: FieldNode): boolean => field.name.value.startsWith('__')

/** Walks a selection with each fragment's value computed once, however often it is spread. */
const measured = (
  document: DocumentNode,
  combine: (field: FieldNode, inner: number) => number,
  gather: (values: readonly number[]) => number,
) => {
  const fragments = fragmentsOf(document)
  const known = new Map<string, number>()
  const ofSelection = (selections: SelectionSetNode | undefined): number =>
    gather(
      (selections?.selections ?? []).map(node => {
        if (node.kind === Kind.FIELD) return isIntrospection(node) ? 0 : combine(node, ofSelection(node.selectionSet))
        if (node.kind === Kind.INLINE_FRAGMENT) return ofSelection(node.selectionSet)
        const name = node.name.value
        const value = known.get(name) ?? ofSelection(fragments.get(name)?.selectionSet)
        known.set(name, value)
        return value
      }),
    )
  return (operation: OperationDefinitionNode): number => ofSelection(operation.selectionSet)
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Refuses a document that is too deep or renames too much. It must be valid: fragments in a circle would never end. */
export const requireShallow = (document: DocumentNode): void => {
  let aliases = 0
  visit(document, {
    Field(node) {
      if (node.alias !== undefined) aliases += 1
    },
  })
  if (aliases > maxAliases) throw tooComplex(`A document holds ${maxAliases} aliases at most.`)
  const depth = measured(
    document,
    (_field, inner) => inner + 1,
    values => Math.max(0, ...values),
  )
  for (const node of document.definitions)
    if (node.kind === Kind.OPERATION_DEFINITION && depth(node) > maxDepth)
      throw tooComplex(`A document is at most ${maxDepth} fields deep.`)
}

const sizeArguments: readonly string[] = ['first', 'last']

const argumentOf = (field: FieldNode, name: string, variables: Variables): unknown => {
  const value = field.arguments?.find(argument => argument.name.value === name)?.value
  if (value === undefined) return undefined
  if (value.kind === Kind.VARIABLE) return variables[value.name.value]
  return value.kind === Kind.INT ? Number(value.value) : undefined
}

const sizeOf = (field: FieldNode, variables: Variables): number => {
  for (const name of sizeArguments) {
    const size = argumentOf(field, name, variables)
    if (typeof size === 'number' && size > 0) return Math.min(size, 1000)
  }
  return usualSizes.get(field.name.value) ?? 1
}

const numberDefaults = ({ variableDefinitions = [] }: OperationDefinitionNode): Variables =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  )

/** How many fields an answer may hold, by a rough count. */
export const costOf = (document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number => {
  const given = { ...numberDefaults(operation), ...variables }
  return measured(document, (field, inner) => 1 + sizeOf(field, given) * inner, sum)(operation)
}

/** The variables that say how long lists are. */
export const sizeVariables = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>()
  visit(document, {
    Argument({ name, value }) {
      if (sizeArguments.includes(name.value) && value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}

/** Refuses what would hold too much. */
export const requireAffordable = (cost: number): void => {
  if (cost > maxCost)
    throw tooComplex('This asks for too much at once: ask for smaller pages, or for less of each row.')
}
