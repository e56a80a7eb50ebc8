import {
  coerceInputLiteral,
  coerceInputValue,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLNullableInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql'

/** Returns the coerced value; undefined where the value is not of the type. */
export type Coerce = (value: unknown) => unknown

export type InputRecord = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is InputRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value

/** Enums and scalars that are specified by GraphQL would print an object into the error that they throw. */
const takesObjects = (type: GraphQLLeafType): boolean => isScalarType(type) && !isSpecifiedScalarType(type)

interface CoercedLeaf {
  readonly value?: unknown
  /** Why the value is not of the type, as the end of a sentence. */
  readonly problem?: string
}

export const coerceLeaf = (type: GraphQLLeafType, value: unknown, hideSuggestions = true): CoercedLeaf => {
  if (typeof value === 'object' && !takesObjects(type)) return { problem: ', found an object or a list.' }
  try {
    const coerced = type.coerceInputValue(value, hideSuggestions)
    return coerced === undefined ? { problem: '.' } : { value: coerced }
  } catch (error) {
    return { problem: `: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const list =
  (coerce: Coerce): Coerce =>
  value => {
    const coerced: unknown[] = []
    for (const item of isIterable(value) ? value : [value]) {
      const coercedItem = coerce(item)
      if (coercedItem === undefined) return undefined
      coerced.push(coercedItem)
    }
    return coerced
  }

const defaultOf = ({ default: given, defaultValue, type }: GraphQLInputField): unknown => {
  if (given === undefined) return defaultValue
  return given.literal === undefined ? coerceInputValue(given.value, type) : coerceInputLiteral(given.literal, type)
}

interface FieldCoercion {
  readonly name: string
  readonly required: boolean
  readonly byDefault: unknown
  readonly coerce: Coerce
}

/**
 * Coerces values of input types as graphql's `coerceInputValue` does. What a type consists of is looked up once for each type
 * and not once for each value, which is most of the work.
 */
export class InputCoercion {
  readonly #objects = new Map<GraphQLInputObjectType, Coerce>()

  of(type: GraphQLInputType): Coerce {
    if (isNonNullType(type)) {
      const coerce = this.#nullable(type.ofType)
      return value => (value == null ? undefined : coerce(value))
    }
    const coerce = this.#nullable(type)
    return value => (value == null ? null : coerce(value))
  }

  #nullable(type: GraphQLNullableInputType): Coerce {
    if (isListType(type)) return list(this.of(type.ofType))
    if (isInputObjectType(type)) return this.#object(type)
    return value => coerceLeaf(type, value).value
  }

  /** A type may hold itself, so its fields are looked up when the first value comes. */
  #object(type: GraphQLInputObjectType): Coerce {
    const known = this.#objects.get(type)
    if (known !== undefined) return known
    let fields: readonly FieldCoercion[] | undefined
    const coerce: Coerce = value => {
      fields ??= this.#fields(type)
      return isRecord(value) ? coerceObject(type, fields, value) : undefined
    }
    this.#objects.set(type, coerce)
    return coerce
  }

  #fields(type: GraphQLInputObjectType): readonly FieldCoercion[] {
    return Object.values(type.getFields()).map(field => ({
      name: field.name,
      required: isRequiredInputField(field),
      byDefault: defaultOf(field),
      coerce: this.of(field.type),
    }))
  }
}

const coerceObject = (
  type: GraphQLInputObjectType,
  fields: readonly FieldCoercion[],
  value: InputRecord,
): InputRecord | undefined => {
  const coerced: Record<string, unknown> = Object.create(null)
  let given = 0
  for (const { name, required, byDefault, coerce } of fields) {
    const fieldValue = value[name]
    if (fieldValue === undefined) {
      if (required) return undefined
      if (byDefault !== undefined) coerced[name] = byDefault
      continue
    }
    const coercedField = coerce(fieldValue)
    if (coercedField === undefined) return undefined
    coerced[name] = coercedField
    given += 1
  }
  if (definedKeys(value) !== given) return undefined
  return type.isOneOf && !isOneOf(coerced, given) ? undefined : coerced
}

/** As many as there are fields given, unless one is unknown. */
const definedKeys = (value: InputRecord): number => {
  let count = 0
  for (const name of Object.keys(value)) if (value[name] !== undefined) count += 1
  return count
}

const isOneOf = (coerced: InputRecord, given: number): boolean => {
  const values = Object.values(coerced)
  return given === 1 && values.length === 1 && values[0] !== null
}
