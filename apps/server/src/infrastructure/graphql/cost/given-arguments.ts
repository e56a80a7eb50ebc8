import { type FieldNode, Kind, type OperationDefinitionNode, type ValueNode } from 'graphql'
import type { ListSize } from './field-cost.ts'

export type Variables = Readonly<Record<string, unknown>>

/** A list in an argument. Only its length matters. */
interface Items {
  readonly length: number
}

const literal = (value: ValueNode, variables: Variables): unknown => {
  if (value.kind === Kind.VARIABLE) return variables[value.name.value]
  if (value.kind === Kind.INT) return Number(value.value)
  if (value.kind === Kind.LIST) return { length: value.values.length } satisfies Items
  return value.kind === Kind.NULL ? null : true
}

const hasLength = (value: unknown): value is Items =>
  typeof value === 'object' && value !== null && 'length' in value && typeof value.length === 'number'

/** The arguments of an operation's fields before coercion. */
export class GivenArguments {
  readonly #variables: Variables

  constructor({ variableDefinitions = [] }: OperationDefinitionNode, variables: Variables) {
    const defaults = variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, literal(defaultValue, {})] as const],
    )
    this.#variables = { ...Object.fromEntries(defaults), ...variables }
  }

  has(field: FieldNode, name: string): boolean {
    return this.#of(field, name) != null
  }

  /** The number of rows in a list whose size does not depend on its parent. */
  size(field: FieldNode, size: Exclude<ListSize, { readonly ofPage: true }>): number {
    if ('by' in size) return this.#number(field, size.by, size)
    if (!('byItems' in size)) return size.usual
    const items = this.#of(field, size.byItems)
    return hasLength(items) ? Math.min(items.length, size.most) : 1
  }

  #number(field: FieldNode, names: readonly string[], { usual, most }: { usual: number; most: number }): number {
    for (const name of names) {
      const value = this.#of(field, name)
      if (typeof value === 'number') return Math.min(Math.max(value, 1), most)
    }
    return usual
  }

  #of(field: FieldNode, name: string): unknown {
    const argument = field.arguments?.find(argument => argument.name.value === name)
    return argument && literal(argument.value, this.#variables)
  }
}
