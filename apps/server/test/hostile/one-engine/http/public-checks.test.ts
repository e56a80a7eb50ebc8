import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'
import { numbers } from '../../clients/filling.ts'

// What public checkers of GraphQL servers send, and what they call a finding in its answer.

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open({ exposure: { introspection: 'authenticated', suggestions: false } })
})
afterAll(() => server[Symbol.asyncDispose]())

const circular = (depth: number): string => (depth === 0 ? 'name' : `fields { type { ${circular(depth - 1)} } }`)

const documents = [
  [
    'many aliases',
    `query cop { ${numbers(101)
      .map(index => `alias${index}: __typename`)
      .join(' ')} }`,
  ],
  ['a field many times', `query cop { ${'__typename '.repeat(500)} }`],
  ['directives many times', `query cop { __typename ${'@aa'.repeat(10)} }`],
  ['known directives many times', `query cop { __typename ${'@include(if: true) '.repeat(50)} }`],
  ['circular introspection', `query cop { __schema { types { ${circular(6)} } } }`],
  ['circular fragments', 'query cop { server { ...A } } fragment A on Server { ...B } fragment B on Server { ...A }'],
  ['suggestions', 'query cop { __schema { directive } }'],
  ['suggestions of root fields', 'query cop { serverr { version } }'],
  ['introspection', 'query cop { __schema { types { name fields { name } } } }'],
] as const

describe.each([undefined, 'ann'])('To %s as the one who asks', name => {
  const allowed = new Set(name === undefined ? [] : ['introspection'])
  it.each(documents.filter(([what]) => !allowed.has(what)))('%s finds nothing', async (_, query) => {
    const { data, errors } = await server.ask(name, query)
    expect(data).toBeUndefined()
    expect(errors).toHaveLength(1)
    expect(JSON.stringify(errors)).not.toContain('Did you mean')
  })

  it('a batch of operations finds nothing', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(name === undefined ? {} : await server.headers(name)),
      },
      body: JSON.stringify(numbers(10).map(() => ({ query: '{ __typename }' }))),
    })
    expect(response.status).toBe(400)
    expect(await response.text()).not.toContain('"data"')
  })
})
