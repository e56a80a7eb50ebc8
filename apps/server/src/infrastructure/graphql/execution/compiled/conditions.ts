import { type DirectiveNode, Kind, type SelectionNode } from 'graphql'
import type { Variables } from '../../cost/given-arguments.ts'

const decidedBy = (directive: DirectiveNode) => directive.arguments?.find(({ name }) => name.value === 'if')?.value

const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include'

/** Evaluates `@skip` and `@include` for one set of variables. */
export class Conditions {
  readonly #variables: Variables

  constructor(variables: Variables) {
    this.#variables = variables
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
