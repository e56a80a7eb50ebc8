import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from '../../../graphql/graphql-server.ts'

/** Each has a name that is nearly right, where graphql looks for the right one. */
const misspelt = [
  ['a field', '{ serverr { version } }'],
  ['a field of a type', '{ server { versio } }'],
  ['an argument', '{ users(serch: "a", search: "a") { __typename } }'],
  ['a type', '{ node(id: "x") { ... on Mesage { id } } }'],
  ['a value of an enum', '{ conversations(filter: { kinds: [GROUPS] }) { __typename } }'],
  ['a field of an input', '{ conversations(filter: { kind: GROUP }) { __typename } }'],
] as const

const messagesOf = async (server: GraphQLServer, query: string, variables: object = {}): Promise<string> => {
  const { errors } = await server.ask('ann', query, variables)
  expect(errors).toBeDefined()
  return JSON.stringify(errors)
}

describe('an error about a name that is misspelt', () => {
  let open: GraphQLServer
  let production: GraphQLServer
  beforeAll(async () => {
    open = await GraphQLServer.open()
    production = await GraphQLServer.open({ exposure: { suggestions: false } })
  })
  afterAll(async () => {
    await open[Symbol.asyncDispose]()
    await production[Symbol.asyncDispose]()
  })

  it.each(misspelt)('names no other one in production: %s', async (_, query) => {
    expect(await messagesOf(open, query)).toContain('Did you mean')
    expect(await messagesOf(production, query)).not.toContain('Did you mean')
  })

  it('names no other one in production: a variable', async () => {
    const query = 'query($filter: ConversationFilter) { conversations(filter: $filter) { __typename } }'
    const variables = { filter: { kinds: ['GROUPS'] } }
    expect(await messagesOf(open, query, variables)).toContain('Did you mean')
    expect(await messagesOf(production, query, variables)).not.toContain('Did you mean')
  })
})
