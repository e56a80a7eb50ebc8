import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isObjectType,
} from 'graphql'

type Random = () => number

export type Variables = Readonly<Record<string, unknown>>

const directives = [
  '@include(if: true)',
  '@skip(if: true)',
  '@include(if: $yes)',
  '@skip(if: $no)',
  '@skip(if: $maybe) @include(if: $yes)',
]
const numbers = ['1', '-3', 'null', '$number', '$other']
const inputs = [
  '{}',
  '{ number: 2, list: [1, 2], color: GREEN }',
  '{ number: $number, list: [1, $sure] }',
  '$input',
  'null',
]

/** Writes random operations over a schema, most of them valid. */
export class AnyDocument {
  readonly #schema: GraphQLSchema
  readonly #random: Random
  readonly #fragments: string[] = []
  #aliases = 0

  constructor(schema: GraphQLSchema, random: Random) {
    this.#schema = schema
    this.#random = random
  }

  operation(kind: 'query' | 'mutation' | 'subscription'): string {
    const root = this.#schema.getType(`${kind[0]?.toUpperCase()}${kind.slice(1)}`)
    for (const name of ['Leaf', 'Thing', 'Item', 'Loner'])
      this.#fragments.push(`fragment In${name} on ${name} ${this.#selection(this.#schema.getType(name), 1)}`)
    const selection = this.#selection(root, 4)
    return `${kind} Any($yes: Boolean!, $no: Boolean! = false, $maybe: Boolean = true, $number: Int, $other: Int = 5, $sure: Int! = 4, $input: Input) ${selection} ${this.#fragments.join(' ')}`
  }

  variables(): Variables {
    return {
      yes: this.#chance(0.97) ? this.#chance(0.6) : 'neither',
      ...(this.#chance(0.5) ? { no: this.#chance(0.5) } : {}),
      ...(this.#chance(0.5) ? { maybe: this.#oneOf([true, false, null]) } : {}),
      ...(this.#chance(0.5) ? { number: this.#oneOf([1, 2, null]) } : {}),
      ...(this.#chance(0.5) ? { other: this.#oneOf([1, null]) } : {}),
      ...(this.#chance(0.5) ? { input: this.#oneOf([{}, { number: null, color: 'RED' }, { list: [1] }, null]) } : {}),
    }
  }

  #selection(type: GraphQLNamedType | undefined, depth: number): string {
    const parts = Array.from({ length: 1 + Math.floor(this.#random() * 5) }, () => this.#part(type, depth))
    return `{ ${parts.join(' ')} }`
  }

  #part(type: GraphQLNamedType | undefined, depth: number): string {
    const kind = this.#random()
    if (kind < 0.1 || type === undefined) return `${this.#alias()}__typename`
    if (kind < 0.25 && depth > 0)
      return `... ${this.#condition(type)} ${this.#directive()} ${this.#selection(type, depth - 1)}`
    if (kind < 0.35 && this.#fragments.length === 4)
      return `... In${this.#oneOf(['Leaf', 'Thing', 'Item', 'Loner'])} ${this.#directive()}`
    if (!isObjectType(type) && !isInterfaceType(type)) return '__typename'
    return this.#field(
      this.#oneOf(Object.values(type.getFields()).filter(field => depth > 0 || isLeafType(getNamedType(field.type)))),
      depth,
    )
  }

  #condition(type: GraphQLNamedType): string {
    return this.#chance(0.3) ? '' : `on ${type.name}`
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const args = this.#arguments(field)
    const named = getNamedType(field.type)
    const inner = isLeafType(named) ? '' : this.#selection(named, depth - 1)
    return `${args === '' ? this.#alias() : this.#freshAlias()}${field.name}${args} ${this.#directive()} ${inner}`
  }

  #arguments({ args }: GraphQLField<unknown, unknown>): string {
    const given = args.flatMap(({ name, type }) => {
      if (this.#chance(0.4) && String(type) !== 'Int!') return []
      if (name === 'input') return [`input: ${this.#oneOf(inputs)}`]
      if (name === 'color') return [`color: ${this.#oneOf(['RED', 'null'])}`]
      return [`number: ${String(type) === 'Int!' ? this.#oneOf(['1', '$sure', '$other']) : this.#oneOf(numbers)}`]
    })
    return given.length === 0 ? '' : `(${given.join(', ')})`
  }

  #directive(): string {
    return this.#chance(0.15) ? this.#oneOf(directives) : ''
  }

  #alias(): string {
    return this.#chance(0.2) ? this.#freshAlias() : ''
  }

  #freshAlias(): string {
    this.#aliases += 1
    return `a${this.#aliases}: `
  }

  #chance(of: number): boolean {
    return this.#random() < of
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)]
    if (value === undefined) throw new TypeError('nothing to choose from')
    return value
  }
}
