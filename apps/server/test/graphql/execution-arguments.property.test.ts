import fc from 'fast-check'
import {
  buildSchema,
  coerceInputValue,
  GraphQLBoolean,
  GraphQLFloat,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  parse,
  validateExecutionArgs,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { ExecutionArguments } from '../../src/infrastructure/graphql/documents/execution-arguments.ts'
import { InputCoercion } from '../../src/infrastructure/graphql/documents/input-coercion.ts'
import { buildGraphQLSchema } from '../../src/infrastructure/graphql/schema/schema.ts'

/** What our own contract has not: defaults of all kinds, types that hold themselves, lists of lists. */
const odd = buildSchema(`
  enum Color { RED GREEN }
  input Leaf { color: Color = RED, count: Int! = 3, name: String }
  input Tree { left: Tree, right: Tree, leaf: Leaf = { count: 7 }, rows: [[Int!]], ids: [ID!]! }
  input Choice @oneOf { tree: Tree, text: String, leaves: [Leaf!] }
  type Query { field(tree: Tree, choice: Choice!, leaf: Leaf = { name: "x" }, count: Int = 5): String }
`)

const junk = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, '', 'x', 0, 1.5, -1, true, [], {}, [null], Number.NaN, [[1]], '__proto__'),
  fc.jsonValue({ maxDepth: 2 }),
)

const leafOf = (type: GraphQLInputType): fc.Arbitrary<unknown> => {
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map(({ name }) => name))
  if (type === GraphQLInt) return fc.integer({ min: -3, max: 300 })
  if (type === GraphQLFloat) return fc.double({ noNaN: true })
  if (type === GraphQLBoolean) return fc.boolean()
  return fc.constantFrom('x', 'usr_alice', '2026-01-02T03:04:05.678Z', 'RED')
}

/** Values of a type most of the time, others in any place of them at times. */
const anyValue = (type: GraphQLInputType, depth = 0): fc.Arbitrary<unknown> => {
  const often = (valid: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 12, arbitrary: valid }, { weight: 1, arbitrary: junk })
  if (isNonNullType(type)) return often(anyValue(type.ofType, depth))
  if (isListType(type)) return often(fc.array(anyValue(type.ofType, depth + 1), { maxLength: 3 }))
  if (!isInputObjectType(type)) return often(leafOf(type))
  const fields = Object.values(type.getFields())
  if (depth > 2) return often(fc.constant({}))
  const ofField = Object.fromEntries(fields.map(field => [field.name, anyValue(field.type, depth + 1)]))
  if (type.isOneOf) {
    const one = fc.constantFrom(...fields).chain(({ name }) => fc.record({ [name]: ofField[name] ?? junk }))
    return fc.oneof({ weight: 8, arbitrary: one }, { weight: 1, arbitrary: fc.record(ofField, { requiredKeys: [] }) })
  }
  const requiredKeys = fields.filter(field => isNonNullType(field.type)).map(({ name }) => name)
  const valid = fc.record(ofField, { requiredKeys })
  const more = fc.tuple(valid, fc.constantFrom('more', '__proto__', 'toString'), junk)
  return often(
    fc.oneof(
      { weight: 12, arbitrary: valid },
      { weight: 1, arbitrary: more.map(([value, name, other]) => ({ ...value, [name]: other })) },
    ),
  )
}

const inputTypes = (schema: GraphQLSchema): readonly GraphQLInputType[] =>
  Object.values(schema.getTypeMap()).flatMap(type => (isInputType(type) && !type.name.startsWith('__') ? [type] : []))

for (const [name, schema, numRuns] of [
  ['the contract', buildGraphQLSchema(), 200],
  ['odd types', odd, 600],
] as const)
  describe(`Values of ${name}`, () => {
    it.each(inputTypes(schema).map(type => [String(type), type] as const))(
      'are coerced as graphql does: %s',
      (_, type) => {
        const coerce = new InputCoercion().of(type)
        let valid = 0
        fc.assert(
          fc.property(anyValue(type), value => {
            const expected = coerceInputValue(value, type)
            if (expected !== undefined) valid += 1
            expect(coerce(value)).toStrictEqual(expected)
          }),
          { numRuns },
        )
        expect(valid).toBeGreaterThan(0)
      },
    )
  })

const documents = [
  'query($choice: Choice!) { field(choice: $choice) }',
  'query($choice: Choice!, $count: Int) { field(choice: $choice, count: $count) }',
  'query($choice: Choice!, $tree: Tree = { ids: [1] }) { field(choice: $choice, tree: $tree) }',
  'query($tree: [Tree]) { field(choice: { leaves: [] }, tree: { ids: [] }) }',
]

/** The first error alone, and only which value is invalid: graphql shows the whole value. */
const outcome = (validated: ReturnType<typeof validateExecutionArgs>) =>
  'schema' in validated ? validated : validated[0]?.message.replace(/: Ex.*|: (?!Expected).*/s, '')

it.each(documents)('The second and every later execution gets the arguments that graphql would give it: %s', text => {
  const document = parse(text)
  const operation = document.definitions[0] as OperationDefinitionNode
  const known = new ExecutionArguments(operation, new InputCoercion())
  const [Choice, Tree] = [odd.getType('Choice'), odd.getType('Tree')] as GraphQLInputType[]
  const variables = fc.record(
    {
      choice: anyValue(Choice as GraphQLInputType),
      tree: anyValue(Tree as GraphQLInputType),
      count: fc.oneof(fc.integer(), junk),
      toString: junk,
    },
    { requiredKeys: [] },
  )
  const outcomes = new Set<boolean>()
  fc.assert(
    fc.property(fc.option(variables, { nil: undefined, freq: 20 }), variableValues => {
      const args = { schema: odd, document, variableValues, contextValue: {}, rootValue: 1, hideSuggestions: true }
      const validated = known.validate(args)
      outcomes.add('schema' in validated)
      expect(outcome(validated)).toStrictEqual(outcome(validateExecutionArgs(args)))
      if (!('schema' in validated)) expect(validated.map(({ message }) => message.length < 500)).toEqual([true])
      if ('schema' in validated) expect(validated.contextValue).toBe(args.contextValue)
    }),
    { numRuns: 250 },
  )
  expect(outcomes).toEqual(new Set([true, false]))
})
