import { type GraphQLLeafType, isScalarType } from 'graphql'

/** The JSON of a value that is not null; throws where the type does not hold it. */
export type LeafText = (value: unknown) => string

const coerced = (type: GraphQLLeafType, value: unknown): string => {
  const output = type.coerceOutputValue(value)
  if (output == null) throw new Error(`${type} made ${output} of a value that is not null.`)
  return JSON.stringify(output)
}

/** A text is what it is; of all else the type says what it is. */
export const leafText = (type: GraphQLLeafType): LeafText => {
  if (isScalarType(type) && (type.name === 'String' || type.name === 'ID'))
    return value => (typeof value === 'string' ? JSON.stringify(value) : coerced(type, value))
  return value => coerced(type, value)
}
