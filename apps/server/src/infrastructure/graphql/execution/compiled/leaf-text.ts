import { GraphQLBoolean, GraphQLID, GraphQLInt, type GraphQLLeafType, GraphQLString } from 'graphql'

/** The JSON of a value that is not null; throws if the type does not accept it. */
export type LeafText = (value: unknown) => string

const coerced = (type: GraphQLLeafType, value: unknown): string => {
  const output = type.coerceOutputValue(value)
  if (output == null) throw new Error(`${type} serialised a value that is not null as ${output}.`)
  return JSON.stringify(output)
}

const largest = 2_147_483_647

/** Values that already have the type are written directly; others are coerced by the type. */
export const leafText = (type: GraphQLLeafType): LeafText => {
  if (type === GraphQLString || type === GraphQLID)
    return value => (typeof value === 'string' ? JSON.stringify(value) : coerced(type, value))
  if (type === GraphQLInt)
    return value => (Number.isInteger(value) && Math.abs(Number(value)) <= largest ? `${value}` : coerced(type, value))
  if (type === GraphQLBoolean) return value => (typeof value === 'boolean' ? `${value}` : coerced(type, value))
  return value => coerced(type, value)
}
