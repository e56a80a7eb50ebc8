import { type DirectiveNode, type DocumentNode, Kind, type SelectionNode, visit } from 'graphql'

type Variables = Readonly<Record<string, unknown>>

const decidedBy = (directive: DirectiveNode) => directive.arguments?.find(({ name }) => name.value === 'if')?.value

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include'

/** What the variables decide of `@skip` and `@include`. */
export class Conditions {
  readonly #variables: Variables

  constructor(variables: Variables) {
    this.#variables = variables
  }

  /** The variables that conditions anywhere in a document name. */
  static namesIn(document: DocumentNode): readonly string[] {
    const names = new Set<string>()
    visit(document, {
      Directive(node) {
        const value = decidedBy(node)
        if (isCondition(node) && value?.kind === Kind.VARIABLE) names.add(value.name.value)
      },
    })
    return [...names].sort()
  }

  include({ directives = [] }: SelectionNode): boolean {
    return directives.every(node => !isCondition(node) || this.#holds(node) === (node.name.value === 'include'))
  }

  #holds(directive: DirectiveNode): unknown {
    const value = decidedBy(directive)
    if (value?.kind === Kind.VARIABLE) return this.#variables[value.name.value]
    return value?.kind === Kind.BOOLEAN && value.value
  }
}
