import {
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql'
import { coerceLeaf, type InputRecord, isIterable, isRecord } from './input-coercion.ts'

type Path = readonly (string | number)[]

interface Fault {
  readonly path: Path
  readonly message: string
}

/** Characters of a value or of a name in a message. */
const maxShown = 100

const cut = (text: string): string => (text.length > maxShown ? `${text.slice(0, maxShown)}…` : text)

const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(cut(value))
  if (Array.isArray(value)) return 'a list'
  return isRecord(value) ? 'an object' : String(value)
}

/**
 * The first value of a variable that is not of its type; undefined if graphql finds none either. Only the first is reported,
 * and never more than a part of it: graphql reports 50, each with the whole value, which may be large.
 */
export const findInvalidVariable = (
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: InputRecord,
  hideSuggestions: boolean,
): GraphQLError | undefined => {
  const search = new FaultSearch(hideSuggestions)
  for (const definition of variableDefinitions) {
    const name = definition.variable.name.value
    const type = typeFromAST(schema, definition.type)
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (!isInputType(type) || (value === undefined && definition.defaultValue !== undefined)) continue
    const fault = search.faultOf(type, value, [])
    if (fault === undefined) continue
    const place = fault.path.map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    const at = place === '' ? '' : ` at ${cut(place)}`
    return new GraphQLError(`Variable "$${cut(name)}" has invalid value${at}: ${fault.message}`, { nodes: definition })
  }
  return undefined
}

class FaultSearch {
  readonly #hideSuggestions: boolean

  constructor(hideSuggestions: boolean) {
    this.#hideSuggestions = hideSuggestions
  }

  faultOf(type: GraphQLInputType, value: unknown, path: Path): Fault | undefined {
    if (isNonNullType(type)) {
      if (value === undefined) return { path, message: `Expected a value of non-null type "${type}" to be provided.` }
      if (value === null) return { path, message: `Expected value of non-null type "${type}" not to be null.` }
      return this.faultOf(type.ofType, value, path)
    }
    if (value === null || value === undefined) return undefined
    if (isListType(type)) return this.#faultInList(type.ofType, value, path)
    if (isInputObjectType(type)) return this.#faultInObject(type, value, path)
    const { problem } = coerceLeaf(type, value, this.#hideSuggestions)
    return problem === undefined ? undefined : { path, message: `Expected value of type "${type}"${problem}` }
  }

  #faultInList(type: GraphQLInputType, value: unknown, path: Path): Fault | undefined {
    if (!isIterable(value)) return this.faultOf(type, value, path)
    let index = 0
    for (const item of value) {
      const fault = this.faultOf(type, item, [...path, index])
      if (fault !== undefined) return fault
      index += 1
    }
    return undefined
  }

  #faultInObject(type: GraphQLInputObjectType, value: unknown, path: Path): Fault | undefined {
    if (!isRecord(value))
      return { path, message: `Expected value of type "${type}" to be an object, found: ${show(value)}.` }
    const fields = type.getFields()
    for (const field of Object.values(fields)) {
      const given = value[field.name]
      if (given === undefined && isRequiredInputField(field))
        return { path, message: `Expected value of type "${type}" to include required field "${field.name}".` }
      const fault = given === undefined ? undefined : this.faultOf(field.type, given, [...path, field.name])
      if (fault !== undefined) return fault
    }
    const names = Object.keys(value).filter(name => value[name] !== undefined)
    const unknown = names.find(name => !Object.hasOwn(fields, name))
    if (unknown !== undefined)
      return { path, message: `Expected value of type "${type}" not to include unknown field "${cut(unknown)}".` }
    const [only] = names
    const isNull = names.length === 1 && only !== undefined && value[only] === null
    if (type.isOneOf && (names.length !== 1 || isNull))
      return {
        path: isNull ? [...path, only] : path,
        message: `Exactly one field of "${type}" must be given, and not as null.`,
      }
    return undefined
  }
}
