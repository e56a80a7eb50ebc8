import {
  buildSchema,
  type GraphQLFieldConfigMap,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  getIntrospectionQuery,
  execute as graphqlExecute,
  parse,
  validateExecutionArgs,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { CompiledExecutor } from '../../../src/infrastructure/graphql/execution/compiled/compiled-executor.ts'
import { answerOf } from '../../../src/infrastructure/graphql/execution/interface/answer.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'
import { UnhandledRejections } from '../../support/unhandled-rejections.ts'
import { operationIn } from './operation-in.ts'

const thereString = new GraphQLNonNull(GraphQLString)

const schemaWith = (fields: GraphQLFieldConfigMap<unknown, unknown>): GraphQLSchema =>
  new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields }),
    mutation: new GraphQLObjectType({ name: 'Mutation', fields }),
  })

const execute = (schema: GraphQLSchema, query: string, rootValue: unknown = {}) => {
  const args = validateExecutionArgs({ schema, document: parse(query), rootValue })
  if (!('schema' in args)) throw new TypeError('the variables are refused')
  return new CompiledExecutor(schema).prepare(args.document, args.operation).execute(args)
}

const failing = () => {
  throw new Error('it fails')
}

for (const kind of ['query', 'mutation'])
  it(`A ${kind} ends when all its fields are resolved, even where another field failed`, async () => {
    const late = Promise.withResolvers<string>()
    const Pair = new GraphQLObjectType({
      name: 'Pair',
      fields: {
        late: { type: GraphQLString, resolve: () => late.promise },
        fails: { type: thereString, resolve: failing },
      },
    })
    const schema = schemaWith({ pair: { type: new GraphQLNonNull(Pair), resolve: () => ({}) } })
    let over = false
    const answer = Promise.resolve(execute(schema, `${kind} { pair { late fails } }`)).then(known => {
      over = true
      return known
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(over).toBe(false)
    late.resolve('now')
    expect(await answer).toMatchObject({ data: 'null', errors: [{ message: 'it fails', path: ['pair', 'fails'] }] })
  })

const rejected = () => Promise.reject(new Error('it fails later'))
const later = <Value>(value: () => Value): Promise<Value> =>
  new Promise(resolve => setImmediate(() => resolve(value())))
const unreadable = {
  *[Symbol.iterator]() {
    yield rejected()
    throw new Error('it cannot be read to its end')
  },
}

/** The first item fails, and the items after it are not written. */
const abandoned: Readonly<Record<string, readonly [type: string, list: () => unknown]>> = {
  'a promise': ['[String!]', () => [new Error('first'), rejected()]],
  'a list of promises': ['[[String!]!]', () => [[new Error('first')], [rejected(), rejected()]]],
  'lists in lists of promises': ['[[[String!]!]!]', () => [[[new Error('first')]], [[], [rejected()]]]],
  'a set of promises': ['[[String!]!]', () => [[new Error('first')], new Set([rejected()])]],
  'a promise of a list of promises': [
    '[[String!]!]',
    () => [[new Error('first')], later(() => [rejected(), later(() => [rejected()])])],
  ],
  'a promise of a list of promises, after a promise that rejects': [
    '[[String!]!]',
    () => [rejected(), later(() => [rejected()])],
  ],
  'an item that is not a leaf': ['[String]', () => [[rejected()]]],
  'a list where a leaf belongs': ['String', () => [rejected()]],
  'a list that cannot be read': ['[String]', () => unreadable],
  'a list that holds itself': [
    '[[String!]!]',
    () => {
      const list: unknown[] = [rejected()]
      list.push(list)
      return [[new Error('first')], list]
    },
  ],
}

describe('A rejection of what is not written because of an earlier error is handled:', () => {
  for (const [name, [type, list]] of Object.entries(abandoned))
    it(name, async () => {
      using unhandled = new UnhandledRejections()
      const answer = await execute(buildSchema(`type Query { list: ${type} }`), '{ list }', { list })
      expect(answer.errors?.length).toBeGreaterThan(0)
      await later(() => undefined)
      expect(await unhandled.take()).toEqual([])
    })
})

it('An operation whose resolvers are all synchronous is executed synchronously', () => {
  const schema = schemaWith({ text: { type: GraphQLString, resolve: () => 'now' } })
  expect(execute(schema, '{ text other: text __typename }')).toEqual({
    data: '{"text":"now","other":"now","__typename":"Query"}',
  })
})

it('A schema that asks each type what is of it is executed all the same', async () => {
  const Known: GraphQLObjectType = new GraphQLObjectType({
    name: 'Known',
    isTypeOf: value => value === 'known',
    fields: { text: { type: GraphQLString, resolve: () => 'there' } },
  })
  const schema = schemaWith({ known: { type: Known }, unknown: { type: Known } })
  const answer = await execute(schema, '{ known { text } unknown { text } }', { known: 'known', unknown: 'else' })
  expect(answer).toMatchObject({ data: '{"known":{"text":"there"},"unknown":null}', errors: [{ path: ['unknown'] }] })
})

it('Questions about the schema have the answers of graphql', async () => {
  const schema = buildGraphQLSchema()
  const query = getIntrospectionQuery()
  const answer = answerOf(await graphqlExecute({ schema, document: parse(query) }))
  expect(await execute(schema, query)).toEqual(answer)
})

it('Any number of outcomes of conditions is answered', async () => {
  const schema = schemaWith({ text: { type: GraphQLString } })
  const names = ['a', 'b', 'c', 'd', 'e']
  const fields = names.map(name => `${name}: text @include(if: $${name})`).join(' ')
  const document = parse(`query(${names.map(name => `$${name}: Boolean!`).join(' ')}) { ${fields} }`)
  const compiled = new CompiledExecutor(schema).prepare(document, operationIn(document))
  for (let outcome = 0; outcome < 2 ** names.length; outcome += 1) {
    const chosen = names.filter((_, index) => (outcome >> index) % 2 === 1)
    const variableValues = Object.fromEntries(names.map(name => [name, chosen.includes(name)]))
    const args = validateExecutionArgs({ schema, document, variableValues, rootValue: { text: 'x' } })
    if (!('schema' in args)) throw new TypeError('the variables are refused')
    const { data } = await compiled.execute(args)
    expect(JSON.parse(data ?? '')).toEqual(Object.fromEntries(chosen.map(name => [name, 'x'])))
  }
})
