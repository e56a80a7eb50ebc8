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
import { cutText } from '../operations/cut-text.ts'
import { coerceLeaf, type InputRecord, isIterable, isRecord } from './input-coercion.ts'

interface Fault {
  /** From the value of the variable to the invalid value in it. */
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Characters of a value or of a name in a message. */
const maxShown = 100

const shorten = (text: string): string => cutText(text, maxShown)

const show = (value: unknown): string => {
  if (typeof value === 'string') return JSON.stringify(shorten(value))
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
    const fault = search.faultOf(type, value)
    if (fault === undefined) continue
    const place = fault.path.map(key => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('')
    const at = place === '' ? '' : ` at ${shorten(place)}`
    return new GraphQLError(`Variable "$${shorten(name)}" has invalid value${at}: ${fault.message}`, {
      nodes: definition,
    })
  }
  return undefined
}

class FaultSearch {
  readonly #hideSuggestions: boolean

  constructor(hideSuggestions: boolean) {
    this.#hideSuggestions = hideSuggestions
  }

  faultOf(type: GraphQLInputType, value: unknown): Fault | undefined {
    if (isNonNullType(type)) {
      if (value === undefined) return faultHere(`Expected a value of non-null type "${type}" to be provided.`)
      if (value === null) return faultHere(`Expected value of non-null type "${type}" not to be null.`)
      return this.faultOf(type.ofType, value)
    }
    if (value === null || value === undefined) return undefined
    if (isListType(type)) return this.#faultInList(type.ofType, value)
    if (isInputObjectType(type)) return this.#faultInObject(type, value)
    const { problem } = coerceLeaf(type, value, this.#hideSuggestions)
    return problem === undefined ? undefined : faultHere(`Expected value of type "${type}"${problem}`)
  }

  #faultInList(type: GraphQLInputType, value: unknown): Fault | undefined {
    if (!isIterable(value)) return this.faultOf(type, value)
    let index = 0
    for (const item of value) {
      const fault = this.faultOf(type, item)
      if (fault !== undefined) return faultAt(index, fault)
      index += 1
    }
    return undefined
  }

  #faultInObject(type: GraphQLInputObjectType, value: unknown): Fault | undefined {
    if (!isRecord(value)) return faultHere(`Expected value of type "${type}" to be an object, found: ${show(value)}.`)
    const fields = type.getFields()
    for (const field of Object.values(fields)) {
      const given = value[field.name]
      if (given === undefined && isRequiredInputField(field))
        return faultHere(`Expected value of type "${type}" to include required field "${field.name}".`)
      const fault = given === undefined ? undefined : this.faultOf(field.type, given)
      if (fault !== undefined) return faultAt(field.name, fault)
    }
    const names = Object.keys(value).filter(name => value[name] !== undefined)
    const unknown = names.find(name => !Object.hasOwn(fields, name))
    if (unknown !== undefined)
      return faultHere(`Expected value of type "${type}" not to include unknown field "${shorten(unknown)}".`)
    return type.isOneOf ? faultOfOneOf(type, value, names) : undefined
  }
}

const faultOfOneOf = (
  type: GraphQLInputObjectType,
  value: InputRecord,
  names: readonly string[],
): Fault | undefined => {
  const fault = faultHere(`Exactly one field of "${type}" must be given, and not as null.`)
  const [only, second] = names
  if (only === undefined || second !== undefined) return fault
  return value[only] === null ? faultAt(only, fault) : undefined
}

const faultHere = (message: string): Fault => ({ path: [], message })

/** The fault of a value, as one of what holds the value. */
const faultAt = (key: string | number, { path, message }: Fault): Fault => ({ path: [key, ...path], message })
