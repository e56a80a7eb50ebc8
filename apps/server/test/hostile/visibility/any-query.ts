import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import {
  eventsAtOnce,
  membersPageSize,
  pageSize,
} from '../../../src/infrastructure/graphql/schema/pagination/page-arguments.ts'

/** What there is in the store, by what an argument may name. */
export interface Known {
  readonly conversations: readonly string[]
  readonly messages: readonly string[]
  readonly users: readonly string[]
}

export interface Query {
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
}

const deepest = 8

/** Writes queries over the schema: valid, most of them, and of any breadth, depth and size. */
export class AnyQuery {
  readonly #schema: GraphQLSchema
  readonly #known: Known
  readonly #random: () => number
  readonly #fragments = new Map<string, { readonly name: string; readonly text: string }>()
  readonly #variables = new Map<string, { readonly type: string; readonly value: unknown }>()
  readonly #breadth: number
  readonly #pages: 'small' | 'usual' | 'largest'
  #fields = 0
  #aliases = 0

  constructor(schema: GraphQLSchema, known: Known, random: () => number) {
    this.#schema = schema
    this.#known = known
    this.#random = random
    this.#breadth = this.#oneOf([1, 2, 2, 3, 3, 5, 12])
    this.#pages = this.#oneOf(['small', 'usual', 'usual', 'largest'])
  }

  query(): Query {
    const selection = this.#selection(this.#schema.getQueryType(), 0)
    const declared = [...this.#variables].map(([name, { type }]) => `$${name}: ${type}`)
    const head = declared.length === 0 ? 'query' : `query(${declared.join(', ')})`
    const fragments = [...this.#fragments.values()].map(({ text }) => text)
    const values = [...this.#variables].map(([name, { value }]) => [name, value] as const)
    return { query: [head, selection, ...fragments].join(' '), variables: Object.fromEntries(values) }
  }

  #chance(part: number): boolean {
    return this.#random() < part
  }

  #oneOf<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)]
    if (value === undefined) throw new TypeError('there is nothing to choose from')
    return value
  }

  #selection(type: GraphQLNamedType | undefined | null, depth: number): string {
    if (isAbstractType(type)) return this.#abstract(type, depth)
    if (!isObjectType(type)) return '{ __typename }'
    const known = this.#fragments.get(type.name)
    if (known !== undefined && this.#chance(0.3)) return `{ ...${known.name} }`
    const text = `{ ${this.#fieldsOf(Object.values(type.getFields()), depth)} }`
    if (depth === 0 || !this.#chance(0.1) || this.#fragments.has(type.name)) return text
    const name = `F${this.#fragments.size}`
    this.#fragments.set(type.name, { name, text: `fragment ${name} on ${type.name} ${text}` })
    return `{ ...${name} }`
  }

  #abstract(type: GraphQLNamedType, depth: number): string {
    const possible = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : []
    const chosen = possible.filter(() => this.#chance(0.25))
    const own = isInterfaceType(type) ? this.#fieldsOf(Object.values(type.getFields()), depth) : ''
    const parts = chosen.map(object => `... on ${object.name} ${this.#selection(object, depth)}`)
    return `{ __typename ${own} ${parts.join(' ')} }`
  }

  #fieldsOf(fields: readonly GraphQLField<unknown, unknown>[], depth: number): string {
    const leaves = fields.filter(({ type }) => isLeafType(getNamedType(type)))
    const branches = depth < deepest ? fields.filter(({ type }) => !isLeafType(getNamedType(type))) : []
    const chosen = ['__typename', ...leaves.filter(() => this.#chance(0.5)).map(field => this.#field(field, depth))]
    const count = depth === 0 ? 1 + Math.floor(this.#random() * this.#breadth) : this.#random() * this.#breadth
    for (let index = 0; index < count && branches.length > 0 && this.#fields < 400; index += 1)
      chosen.push(this.#field(this.#oneOf(branches), depth))
    return chosen.join(' ')
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    this.#fields += 1
    const type = getNamedType(field.type)
    const args = field.args.flatMap(argument => this.#argument(argument, field.name))
    const selection = isLeafType(type) ? '' : this.#selection(type, depth + 1)
    const text = `${field.name}${args.length === 0 ? '' : `(${args.join(', ')})`} ${selection}`
    if (isLeafType(type) && !this.#chance(0.02)) return text
    if (!isLeafType(type) && args.length === 0 && this.#chance(0.7)) return text
    this.#aliases += 1
    return `a${this.#aliases}: ${text}`
  }

  #argument(argument: GraphQLArgument, field: string): readonly string[] {
    if (!isNonNullType(argument.type) && !this.#chance(argument.name === 'first' ? 0.7 : 0.15)) return []
    const value = this.#value(argument.name, field)
    if (value === undefined) return []
    if (!this.#chance(0.2)) return [`${argument.name}: ${JSON.stringify(value)}`]
    const name = `v${this.#variables.size}`
    this.#variables.set(name, { type: String(argument.type), value })
    return [`${argument.name}: $${name}`]
  }

  /** Undefined where the argument is left out. */
  #value(name: string, field: string): unknown {
    const { conversations, messages, users } = this.#known
    if (name === 'first' || name === 'last') return this.#size(field)
    if (name === 'conversationId' || (name === 'id' && field === 'conversation')) return this.#oneOf(conversations)
    if (name === 'id' && field === 'message') return this.#oneOf(messages)
    if (name === 'id' && field === 'user') return this.#oneOf(users)
    const anything = [...conversations, ...messages, ...users]
    if (name === 'id') return this.#oneOf(anything)
    if (name === 'ids') return Array.from({ length: this.#size(field) }, () => this.#oneOf(anything))
    if (name === 'search') return this.#oneOf(['m', 'member1', 'a', ''])
    if (name === 'key') return 'some key'
    if (name === 'emoji') return '👍'
    if (name === 'afterSequence' || name === 'beforeSequence' || name === 'aroundSequence') return 30
    return name === 'after' && field === 'events' ? 0 : undefined
  }

  #size(field: string): number {
    const most = field === 'events' ? eventsAtOnce : field === 'members' ? membersPageSize : pageSize
    if (this.#pages === 'largest') return most
    return this.#pages === 'small' ? this.#oneOf([1, 2, 5]) : this.#oneOf([1, 5, 20, 50, most])
  }
}
