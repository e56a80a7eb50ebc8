import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardRootFields } from '../../../../src/infrastructure/graphql/operations/guard-root-fields.ts'
import { OperationRunner } from '../../../../src/infrastructure/graphql/operations/operation-runner.ts'
import { buildGraphQLSchema } from '../../../../src/infrastructure/graphql/schema/schema.ts'
import { type Answer, GraphQLServer } from '../../../graphql/graphql-server.ts'
import { cpuMs } from '../process/cpu-time.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const unknownSession = { session: undefined, resume: undefined }
const codesOf = ({ errors }: Answer): readonly unknown[] => (errors ?? []).map(({ extensions }) => extensions.code)

const introspection = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
})

const threeLevels = `query { ${'abcdefghijklmnopqr'
  .split('')
  .map(name => `${name}: __typename ...A`)
  .join(' ')} }
fragment A on Query { a1: __schema { ...B } a2: __schema { ...B } a3: __schema { ...B } }
fragment B on __Schema { b1: types { ...C } b2: types { ...C } b3: types { ...C } }
fragment C on __Type { name description fields { name description } }`

const manyInside = (count: number): string =>
  `{ __schema { ${Array.from({ length: count }, (_, index) => `t${index}: types { ...T }`).join(' ')} } }
  fragment T on __Type { name description fields { name description args { name } } inputFields { name } }`

describe('Without a token', () => {
  it.each([
    '{ server { version contract features logEpoch limits { textLength pageSize } } }',
    '{ __typename }',
    'query Named($yes: Boolean = true) { it: server @include(if: $yes) { version } }',
    'query A { server { ...S } } fragment S on Server { version ... on Server { contract } }',
    '{ __type(name: "Message") { name fields { name } } }',
  ])('what needs none is answered: %s', async query => {
    const { status, data, errors } = await server.ask(undefined, query)
    expect({ status, errors }).toEqual({ status: 200, errors: undefined })
    expect(Object.keys(data ?? {})).toHaveLength(1)
  })

  it.each([
    ['a field that needs one', '{ viewer { user { id } } }'],
    ['one beside what needs none', '{ server { version } conversations { edges { node { id } } } }'],
    ['one behind an alias of what needs none', '{ server: viewer { user { id } } }'],
    ['one behind a directive', '{ server @include(if: true) { version } viewer @skip(if: false) { user { id } } }'],
    ['one in a fragment', 'query { ...F } fragment F on Query { viewer { user { id } } }'],
    ['one in an inline fragment', '{ ... { viewer { user { id } } } }'],
    ['one in a second operation', 'query A { server { version } } query B { viewer { user { id } } }'],
    ['one behind variables with objects', 'query ($a: F = { b: { c: 1 } }) { viewer { user { id } } }'],
    ['a mutation', 'mutation { renewAuthentication(input: { token: "x" }) { tokenExpiresAt } }'],
    ['a subscription', 'subscription { inboxEvents { __typename } }'],
    ['a long document', `{ server { version } } # ${'x'.repeat(5000)}`],
    ['many tokens', `{ server { ${'version '.repeat(800)} } }`],
    ['three levels of fragments around __schema', threeLevels],
    [
      'a hundred aliases of __schema',
      `{ ${Array.from({ length: 100 }, (_, i) => `a${i}: __schema { types { name } }`)} }`,
    ],
  ])('%s is refused', async (_, query) => {
    const answer = await server.ask(undefined, query)
    expect(answer.status).toBe(401)
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED'])
  })

  it.each([
    ['__schema twice', '{ a: __schema { types { name } } b: __schema { types { name } } }'],
    ['__type four times', `{ ${['a', 'b', 'c', 'd'].map(name => `${name}: __type(name: "Message") { name }`)} }`],
    ['aliases inside of __schema', manyInside(40)],
    ['directives on one field', `{ server ${'@include(if: true) '.repeat(10)} { version } }`],
  ])('too much of the schema at once is refused: %s', async (_, query) => {
    expect(codesOf(await server.ask(undefined, query))).toEqual(['QUERY_TOO_COMPLEX'])
  })

  it('says what is wrong with a small document that is none', async () => {
    for (const query of [
      '',
      '{',
      '{ server { version }',
      '{ server { version } } }',
      '{ server { colour } }',
      '{ "a" }',
    ]) {
      const answer = await server.ask(undefined, query)
      expect(answer.status, query).toBe(400)
      expect(codesOf(answer), query).toEqual(['BAD_USER_INPUT'])
    }
  })

  it("tools' introspection is answered", async () => {
    const { data, errors } = await server.ask(undefined, introspection)
    expect(errors).toBeUndefined()
    expect(JSON.stringify(data)).toContain('Message')
  })

  it('nothing is cached, for any request', () => {
    const runner = new OperationRunner(guardRootFields(buildGraphQLSchema()), server.dependencies)
    for (let index = 0; index < 200; index += 1) {
      runner.prepare(`{ server { version } } # ${index}`, unknownSession)
      runner.prepare(`{ viewer { user { id } } } # ${index}`, unknownSession)
      runner.prepare(`${introspection} # ${index}`, unknownSession)
    }
    expect([runner.cachedDocuments.bytes, runner.cachedDocuments.size]).toEqual([0, 0])
  })

  it.each([
    ['refused', 10, '{ viewer { user { id } } }'],
    ['three levels of fragments', 10, threeLevels],
    ['100 KB', 10, `{ server { ${'version '.repeat(12_000)} } }`],
    ['answered', 10, '{ server { version limits { textLength } } }'],
    ['fields of the server side by side', 10, `{ ${'server { version contract } '.repeat(24)} }`],
    ['introspection', 50, introspection],
    ['all that introspection allows', 50, manyInside(6)],
  ])('a request costs little CPU: %s', async (_, most, query) => {
    for (let index = 0; index < 5; index += 1) await server.ask(undefined, query)
    // The client's own side is in it, and anything else that ran on this core: the calmest of several rounds counts.
    const [rounds, requests] = [4, 8]
    const spent: number[] = []
    for (let round = 0; round < rounds; round += 1)
      spent.push(
        await cpuMs(async () => {
          for (let index = 0; index < requests; index += 1) await server.ask(undefined, `${query} # ${round}.${index}`)
        }),
      )
    expect(Math.min(...spent) / requests).toBeLessThan(most)
  })
})

describe('Introspection', () => {
  it.each([
    ['authenticated', undefined, 'UNAUTHENTICATED'],
    ['authenticated', 'ann', undefined],
    ['nobody', undefined, 'FORBIDDEN'],
    ['nobody', 'ann', 'FORBIDDEN'],
  ] as const)('that is for %s is refused or answered to %s', async (introspect, name, code) => {
    await using other = await GraphQLServer.open({ exposure: { introspection: introspect } })
    for (const query of [introspection, '{ __type(name: "User") { name } }', '{ a: __schema { types { name } } }']) {
      expect(codesOf(await other.ask(name, query))).toEqual(code === undefined ? [] : [code])
    }
    expect(codesOf(await other.ask(name, '{ server { __typename version } __typename }'))).toEqual([])
  })

  it('with a token is bounded as it is without one', async () => {
    expect(codesOf(await server.ask('ann', threeLevels))).toEqual(['QUERY_TOO_COMPLEX'])
    expect(codesOf(await server.ask('ann', manyInside(60)))).toEqual(['QUERY_TOO_COMPLEX'])
    const deep = '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }'
    expect(codesOf(await server.ask('ann', deep))).toEqual(['BAD_USER_INPUT'])
  })
})
