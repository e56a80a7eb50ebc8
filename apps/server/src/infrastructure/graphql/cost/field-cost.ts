import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** How the number of rows in a list is estimated. */
export type ListSize =
  /** The value of the first of these arguments that is given. */
  | { readonly by: readonly string[]; readonly usual: number; readonly most: number }
  /** The number of items in this argument. */
  | { readonly byItems: string; readonly most: number }
  /** The size of the page that contains this list. */
  | { readonly ofPage: true }
  /** No argument limits it: an estimate. The limits of the answer bound it during execution. */
  | { readonly usual: number }

/** What a field costs in addition to writing its value: `{}` if the value is in memory. */
export interface FieldCost {
  /** Statements for each object that has the field; fields below are then read for each object too. */
  readonly each?: number
  /** Statements for all objects that are read at one time. */
  readonly together?: number
  /** Additional statements for each of these arguments that is given. */
  readonly eachGiven?: readonly string[]
  readonly size?: ListSize
  /** The argument with which the store searches for rows, and scans rows that do not match. */
  readonly search?: string
  /** The usual size of a value in bytes, if it differs from that of its type. */
  readonly bytes?: number
}

/** By schema coordinates. The cost of an interface field applies to the objects that implement it. */
export type FieldCosts = Readonly<Record<string, FieldCost>>

type SchemaField = GraphQLField<unknown, unknown>

const costs = new WeakMap<SchemaField, FieldCost>()
const free: FieldCost = {}

export const costOfField = (field: SchemaField): FieldCost => costs.get(field) ?? free

const holdsMany = (field: SchemaField): boolean => {
  const type = isNonNullType(field.type) ? field.type.ofType : field.type
  return isListType(type) || isCompositeType(getNamedType(type))
}

const declared = (
  { name, getInterfaces }: { name: string; getInterfaces: () => readonly GraphQLInterfaceType[] },
  field: string,
  table: FieldCosts,
): FieldCost | undefined =>
  [name, ...getInterfaces().map(type => type.name)].map(type => table[`${type}.${field}`]).find(cost => cost)

const annotate = (type: GraphQLObjectType, table: FieldCosts, missing: string[]): void => {
  const owner = { name: type.name, getInterfaces: () => type.getInterfaces() }
  for (const field of Object.values(type.getFields())) {
    const cost = declared(owner, field.name, table)
    if (cost !== undefined) costs.set(field, cost)
    else if (holdsMany(field)) missing.push(`${type.name}.${field.name}`)
  }
}

const unknownIn = (schema: GraphQLSchema, table: FieldCosts): readonly string[] =>
  Object.keys(table).filter(coordinate => {
    const [typeName = '', fieldName = ''] = coordinate.split('.')
    const type = schema.getType(typeName)
    return type === undefined || !('getFields' in type) || type.getFields()[fieldName] === undefined
  })

/** Throws if a field of an object or list type has no cost, or if the table has a field that does not exist. */
export const annotateCosts = (schema: GraphQLSchema, table: FieldCosts): GraphQLSchema => {
  const missing: string[] = []
  for (const type of Object.values(schema.getTypeMap()))
    if (isObjectType(type) && !isIntrospectionType(type)) annotate(type, table, missing)
  const wrong = [
    ...missing.map(field => `${field} has no cost`),
    ...unknownIn(schema, table).map(one => `${one} does not exist`),
  ]
  if (wrong.length > 0) throw new TypeError(`costs of fields: ${wrong.join(', ')}`)
  return schema
}
