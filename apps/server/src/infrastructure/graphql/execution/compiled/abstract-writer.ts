import { type GraphQLAbstractType, type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql'
import { located } from './execution.ts'
import { FieldInfo, type FieldSite } from './field-info.ts'
import type { WriteValue } from './position.ts'
import { isPromiseLike } from './promise-like.ts'
import type { Selection } from './selection.ts'

interface AbstractWriterDependencies {
  readonly schema: GraphQLSchema
  readonly type: GraphQLAbstractType
  readonly site: FieldSite
  /** The selection for each possible type. */
  readonly selectionOf: (type: GraphQLObjectType) => Selection
}

const objectType = ({ schema, type }: AbstractWriterDependencies, name: unknown): GraphQLObjectType => {
  const found = typeof name === 'string' ? schema.getType(name) : undefined
  if (isObjectType(found) && schema.isSubType(type, found)) return found
  throw new Error(`${name} is not a possible type of ${type}.`)
}

export const abstractWriter = (dependencies: AbstractWriterDependencies): WriteValue => {
  const { type, site, selectionOf } = dependencies
  const { resolveType } = type
  if (!resolveType) throw new TypeError(`${type} has no resolveType`)
  const known = new Map<unknown, Selection>()
  const selectionFor = (name: unknown): Selection => {
    const found = known.get(name) ?? selectionOf(objectType(dependencies, name))
    known.set(name, found)
    return found
  }
  return (value, run, writer, path) => {
    const name: unknown = resolveType(value, run.context, new FieldInfo(site, run.args, path), type)
    if (!isPromiseLike(name)) return selectionFor(name).write(value, run, writer, path)
    const placeholder = writer.placeholder(false)
    run.await(
      name,
      placeholder,
      error => located(error, site.nodes, path),
      resolved => selectionFor(resolved).write(value, run, placeholder, path),
    )
  }
}
