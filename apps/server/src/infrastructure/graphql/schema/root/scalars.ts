import { formatInstant, type Instant, type Json } from '@cpc-messenger/messenger'
import { GraphQLError, type ValueNode, valueFromASTUntyped } from 'graphql'
import { builder } from './builder.ts'

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/
const deepestJson = 32

const parseInstant = (value: unknown): Instant => {
  const instant = typeof value === 'string' && rfc3339.test(value) ? Date.parse(value) : Number.NaN
  if (Number.isNaN(instant)) throw new GraphQLError('A DateTime is a text per RFC 3339: 2026-11-22T08:15:30.123Z.')
  return instant
}

const requireJson = (value: unknown, depth = 0): Json => {
  if (depth > deepestJson) throw new GraphQLError(`A JSON value may be nested at most ${deepestJson} deep.`)
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map(item => requireJson(item, depth + 1))
  if (typeof value !== 'object') throw new GraphQLError('Not a JSON value.')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, requireJson(item, depth + 1)]))
}

builder.scalarType('DateTime', {
  description: 'An instant in UTC, RFC 3339 with millisecond precision: 2026-11-22T08:15:30.123Z.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: formatInstant,
  parseValue: parseInstant,
})

builder.scalarType('JSON', {
  description: 'Any JSON value, 4 KiB at most, nested 32 deep at most.',
  serialize: value => value,
  parseValue: value => requireJson(value),
  parseLiteral: (node: ValueNode) => requireJson(valueFromASTUntyped(node)),
})
