import { existsSync, readFileSync } from 'node:fs'
import {
  buildASTSchema,
  type DocumentNode,
  findBreakingChanges,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
  resolveSchemaCoordinate,
  visit,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildGraphQLSchema } from '../../src/infrastructure/graphql/schema/schema.ts'
import { notImplemented } from '../contract/graphql-not-implemented.ts'

const copy = new URL('../contract/schema.graphql', import.meta.url)
const original = new URL('../../../../../shared/contract/schema.graphql', import.meta.url)
const contract = parse(readFileSync(copy, 'utf8'))
const served = buildGraphQLSchema()

/** The contract without the types and fields of the list. */
const without = (document: DocumentNode, coordinates: readonly string[]): DocumentNode => {
  const left = new Set(coordinates)
  let typeName = ''
  return visit(document, {
    enter(node) {
      if ('name' in node && node.kind.endsWith('TypeDefinition') && node.name?.kind === Kind.NAME) {
        typeName = node.name.value
        if (left.has(typeName)) return null
        if (node.kind !== Kind.UNION_TYPE_DEFINITION) return undefined
        return { ...node, types: node.types?.filter(({ name }) => !left.has(name.value)) ?? [] }
      }
      const isMember =
        node.kind === Kind.FIELD_DEFINITION ||
        node.kind === Kind.INPUT_VALUE_DEFINITION ||
        node.kind === Kind.ENUM_VALUE_DEFINITION
      return isMember && left.has(`${typeName}.${node.name.value}`) ? null : undefined
    },
  })
}

/** The coordinates of everything that may have a description, and has none. */
const undescribed = (schema: GraphQLSchema): readonly string[] =>
  Object.values(schema.getTypeMap())
    .filter(type => !isIntrospectionType(type) && !isSpecifiedScalarType(type))
    .flatMap(type => [[type.name, type.description] as const, ...membersOf(type)])
    .filter(([, description]) => !description)
    .map(([coordinate]) => coordinate)

const membersOf = (type: GraphQLNamedType): readonly (readonly [string, string | null | undefined])[] => {
  if (isEnumType(type)) return type.getValues().map(value => [`${type.name}.${value.name}`, value.description])
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map(field => [`${type.name}.${field.name}`, field.description])
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap(field => [
    [`${type.name}.${field.name}`, field.description] as const,
    ...field.args.map(arg => [`${type.name}.${field.name}(${arg.name}:)`, arg.description] as const),
  ])
}

describe('The served schema', () => {
  it('breaks nothing of the contract, except what is not implemented', () => {
    const changes = findBreakingChanges(buildASTSchema(without(contract, notImplemented)), served)
    expect(changes.map(({ description }) => description)).toEqual([])
  })

  it('contains nothing that is listed as not implemented', () => {
    expect(notImplemented.filter(coordinate => resolveSchemaCoordinate(served, coordinate) !== undefined)).toEqual([])
  })

  it('lists as not implemented only what is in the contract, each once', () => {
    const whole = buildASTSchema(contract)
    expect(notImplemented.filter(coordinate => resolveSchemaCoordinate(whole, coordinate) === undefined)).toEqual([])
    expect(new Set(notImplemented).size).toBe(notImplemented.length)
  })

  it('describes every type, field, argument, enum value and input field', () => {
    expect(undescribed(served)).toEqual([])
  })

  it.skipIf(!existsSync(original))('is compared with an exact copy of the original contract', () => {
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(original, 'utf8'))
  })
})
