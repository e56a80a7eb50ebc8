import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from './graphql-server.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

const query = `
  query Conditional($with: Boolean = true) { server { ...Limits } }
  query Plain { server { contract } }
  fragment Limits on Server { contract limits @include(if: $with) { pageSize } }
`

const ask = async (operationName: string, variables: object = {}) => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, operationName, variables }),
  })
  return response.json()
}

describe('A condition in a fragment of one of several operations', () => {
  it.each([
    [{}, { contract: '1', limits: { pageSize: 100 } }],
    [{ with: false }, { contract: '1' }],
  ])('holds for that operation, with %j', async (variables, wanted) => {
    expect(await ask('Conditional', variables)).toEqual({ data: { server: wanted } })
  })

  it('is refused if it is null', async () => {
    expect(await ask('Conditional', { with: null })).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'with' } }],
    })
  })

  it('does not concern the other operations', async () => {
    expect(await ask('Plain')).toEqual({ data: { server: { contract: '1' } } })
  })
})
