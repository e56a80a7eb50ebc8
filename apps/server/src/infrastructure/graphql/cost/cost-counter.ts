import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { IntrospectionCount } from '../documents/document-limits.ts'
import type { FieldNodes } from '../execution/compiled/field-info.ts'
import { SelectedFields } from '../execution/compiled/selected-fields.ts'
import { type Cost, greatest, nothing, sum } from './cost.ts'
import { costOfField, type FieldCost } from './field-cost.ts'
import type { GivenArguments } from './given-arguments.ts'
import type { IntrospectionSizes } from './introspection-sizes.ts'
import { tooComplex } from './too-complex.ts'

/** The most selected fields of a document, with fragments expanded and counted for each possible type: each of them is compiled. */
export const maxSelected = 5000

/** The usual size in bytes of a value of each type. */
const leafBytes: Readonly<Record<string, number>> = {
  Boolean: 5,
  DateTime: 26,
  Float: 8,
  ID: 32,
  Int: 6,
  JSON: 40,
  String: 20,
}
const enumBytes = 12
/** Quotes, a colon and a comma. */
const nameBytes = 4

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type)

/** The position of a selection in the operation. */
interface Place {
  /** The number of objects that have this selection. */
  readonly count: number
  /** The number of reads that loaded these objects: fields below are read together only for objects that were read together. */
  readonly reads: number
  /** The number of rows in the page, if the objects are pages. */
  readonly pageSize: number
  /** The objects are the types of `__schema.types`. */
  readonly everyType: boolean
}

const root: Place = { count: 1, reads: 1, pageSize: 1, everyType: false }
const introspecting: ReadonlySet<string> = new Set(['__schema', '__type'])
const everything = { include: () => true }

interface Site {
  readonly parentType: GraphQLObjectType
  readonly field: GraphQLField<unknown, unknown>
  readonly nodes: FieldNodes
}

/** Computes the cost of one operation. */
export class CostCounter {
  readonly #schema: GraphQLSchema
  readonly #sizes: IntrospectionSizes
  readonly #fields: SelectedFields
  readonly #given: GivenArguments
  readonly #selectionLimit: number
  #selected = 0
  #schemas = 0
  #types = 0
  #introspectionBytes = 0

  /** `selectionLimit`: how many fields the operation may select. */
  constructor(
    schema: GraphQLSchema,
    sizes: IntrospectionSizes,
    document: DocumentNode,
    given: GivenArguments,
    selectionLimit = maxSelected,
  ) {
    this.#schema = schema
    this.#sizes = sizes
    this.#fields = new SelectedFields(schema, document, everything)
    this.#given = given
    this.#selectionLimit = selectionLimit
  }

  /** The number of selected fields, each counted as often as it is compiled. */
  get selected(): number {
    return this.#selected
  }

  get introspection(): IntrospectionCount {
    return { schemas: this.#schemas, types: this.#types, bytes: this.#introspectionBytes }
  }

  /** Throws if the operation selects too many fields with its fragments expanded. */
  of(operation: OperationDefinitionNode): Cost {
    const type = this.#schema.getRootType(operation.operation)
    return type == null ? nothing : this.#selection(type, [operation.selectionSet], root)
  }

  #selection(type: GraphQLObjectType, selections: readonly SelectionSetNode[], place: Place): Cost {
    let cost = nothing
    for (const [name, nodes] of this.#fields.of(type, selections)) {
      this.#selected += 1
      if (this.#selected > this.#selectionLimit)
        throw tooComplex(`A document may select at most ${maxSelected} fields, with fragments expanded.`)
      const written = { ...nothing, bytes: place.count * (name.length + nameBytes) }
      cost = sum(sum(cost, written), this.#field(type, nodes, place))
    }
    return cost
  }

  #field(parentType: GraphQLObjectType, nodes: FieldNodes, place: Place): Cost {
    const name = nodes[0].name.value
    if (name === '__schema') this.#schemas += 1
    if (name === '__type') this.#types += 1
    const field = this.#schema.getField(parentType, name)
    if (field === undefined) return nothing
    const site = { parentType, field, nodes }
    const cost = costOfField(field)
    const size = this.#sizeOf(site, cost, place)
    const whole = sum(this.#own(site, cost, size, place), this.#below(site, cost, size, place))
    if (introspecting.has(name)) this.#introspectionBytes += whole.bytes
    return whole
  }

  /** The cost of a field without its selection. */
  #own({ field, nodes }: Site, cost: FieldCost, size: number, { count, reads }: Place): Cost {
    const given = (cost.eachGiven ?? []).filter(name => this.#given.has(nodes[0], name)).length
    const each = cost.each === undefined ? 0 : cost.each + given
    const searches = cost.search !== undefined && this.#given.has(nodes[0], cost.search) ? count : 0
    const isPage = cost.size !== undefined && 'ofPage' in cost.size
    const reading = each > 0 || cost.together !== undefined
    const items = isList(field.type) ? size : 1
    return {
      statements: each * count + Math.min(count, reads) * (cost.together ?? 0),
      rows: reading && !isPage ? count * size : 0,
      searches,
      bytes: count * items * this.#bytesOf(field, cost),
    }
  }

  #below({ parentType, field, nodes }: Site, cost: FieldCost, size: number, place: Place): Cost {
    const type = getNamedType(field.type)
    const selections = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    const inner: Place = {
      count: place.count * (isList(field.type) ? size : 1),
      reads: cost.each === undefined ? place.reads : place.count,
      pageSize: isList(field.type) ? 1 : size,
      everyType: parentType.name === '__Schema',
    }
    if (isObjectType(type)) return this.#selection(type, selections, inner)
    if (!isAbstractType(type)) return nothing
    // A value has one type, so only the most expensive selection counts.
    return this.#schema
      .getPossibleTypes(type)
      .map(object => this.#selection(object, selections, inner))
      .reduce(greatest, nothing)
  }

  #sizeOf({ parentType, field, nodes }: Site, { size }: FieldCost, { pageSize, everyType }: Place): number {
    if (size === undefined) return this.#sizes.of(`${parentType.name}.${field.name}`, everyType) ?? 1
    return 'ofPage' in size ? pageSize : this.#given.size(nodes[0], size)
  }

  #bytesOf({ type }: GraphQLField<unknown, unknown>, { bytes }: FieldCost): number {
    if (bytes !== undefined) return bytes
    const named = getNamedType(type)
    if (isObjectType(named) || isAbstractType(named)) return 2
    return leafBytes[named.name] ?? enumBytes
  }
}
