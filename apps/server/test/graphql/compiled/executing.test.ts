import {
  type GraphQLFieldConfigMap,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  getIntrospectionQuery,
  execute as graphqlExecute,
  parse,
  validateExecutionArgs,
} from 'graphql'
import { expect, it } from 'vitest'
import { answerOf } from '../../../src/infrastructure/graphql/compiled/answer.ts'
import { CompiledOperations } from '../../../src/infrastructure/graphql/compiled/compiled-operations.ts'
import { buildGraphQLSchema } from '../../../src/infrastructure/graphql/schema/schema.ts'

const thereString = new GraphQLNonNull(GraphQLString)

const schemaWith = (fields: GraphQLFieldConfigMap<unknown, unknown>): GraphQLSchema =>
  new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields }),
    mutation: new GraphQLObjectType({ name: 'Mutation', fields }),
  })

const execute = (schema: GraphQLSchema, query: string, rootValue: unknown = {}) => {
  const args = validateExecutionArgs({ schema, document: parse(query), rootValue })
  if (!('schema' in args)) throw new TypeError('the variables are refused')
  return new CompiledOperations(schema).execute(args)
}

const failing = () => {
  throw new Error('it fails')
}

for (const kind of ['query', 'mutation'])
  it(`A ${kind} is over when all that it asked for is there, whatever failed beside it`, async () => {
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

it('What fails behind an item that failed already is not left unhandled', async () => {
  const schema = schemaWith({ list: { type: new GraphQLList(thereString) } })
  const unhandled: unknown[] = []
  const note = (error: unknown): number => unhandled.push(error)
  process.on('unhandledRejection', note)
  const list = [Promise.resolve('fine'), new Error('first'), Promise.reject(new Error('second'))]
  expect(await execute(schema, '{ list }', { list })).toMatchObject({
    data: '{"list":null}',
    errors: [{ path: ['list', 1] }],
  })
  await new Promise(resolve => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

it('An operation whose resolvers all answer at once is answered at once', () => {
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
  const operations = new CompiledOperations(schema)
  for (let outcome = 0; outcome < 2 ** names.length; outcome += 1) {
    const chosen = names.filter((_, index) => (outcome >> index) % 2 === 1)
    const variableValues = Object.fromEntries(names.map(name => [name, chosen.includes(name)]))
    const args = validateExecutionArgs({ schema, document, variableValues, rootValue: { text: 'x' } })
    if (!('schema' in args)) throw new TypeError('the variables are refused')
    const { data } = await operations.execute(args)
    expect(JSON.parse(data ?? '')).toEqual(Object.fromEntries(chosen.map(name => [name, 'x'])))
  }
})
