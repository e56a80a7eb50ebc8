import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GraphQLServer } from './graphql-server.ts'

let server: GraphQLServer
beforeAll(async () => {
  server = await GraphQLServer.open()
})
afterAll(() => server[Symbol.asyncDispose]())

interface Answer {
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

const post = async (query: string): Promise<string | undefined> => {
  const response = await fetch(`${server.url}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(await server.headers('ann')),
    },
    body: JSON.stringify({ query }),
  })
  return ((await response.json()) as Answer).errors?.[0]?.extensions?.code
}

describe('documents that cost more than they are worth', () => {
  it.each([
    ['a selection in a selection, 900 deep', `{a${'{a'.repeat(900)}${'}'.repeat(901)}`],
    ['a list in a list, 1,400 deep', `{ users(search: ${'['.repeat(1400)}${']'.repeat(1400)}) { __typename } }`],
    ['the same field 300 times', `{ ${'viewer { user { id } } '.repeat(300)} }`],
    ['more tokens than any document needs', `{ ${'__typename '.repeat(5000)} }`],
    [
      'long lists in long lists, by the default of a variable',
      `query($n: Int = 100) { conversations(first: $n) { edges { node { members(first: $n) { edges { node { user {
        ${'id displayName '.repeat(30)} } } } } more: members(first: $n) { edges { node { user { id } } } } } } } }`,
    ],
  ])('are refused as such: %s', async (_, query) => {
    expect(await post(query)).toBe('QUERY_TOO_COMPLEX')
    expect(await post(query)).toBe('QUERY_TOO_COMPLEX')
  })

  it('are refused before they have cost much', async () => {
    const startedAt = performance.now()
    for (let count = 0; count < 20; count += 1) await post(`{ ${'viewer { user { id } } '.repeat(280)} } # ${count}`)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe('parameters in the address', () => {
  it.each(['zz', '[1]', '"a"', '%7B'])('whose variables are %s are refused with 400', async variables => {
    const response = await fetch(`${server.url}?query=%7B__typename%7D&variables=${variables}`, {
      headers: { accept: 'application/graphql-response+json' },
    })
    expect(response.status).toBe(400)
    expect(((await response.json()) as Answer).errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })
})

describe('the page for browsers', () => {
  it('is compressed, and not sent again to a browser that has it cached', async () => {
    const headers = { accept: 'text/html' }
    const first = await fetch(`${server.url}`, { headers })
    expect(first.headers.get('content-encoding')).toBe('gzip')
    expect(await first.text()).toContain('<html')
    const etag = first.headers.get('etag') ?? ''
    const second = await fetch(`${server.url}`, { headers: { ...headers, 'if-none-match': etag } })
    expect(second.status).toBe(304)
  })
})

it('a form is refused with 415, with any variables', async () => {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { accept: 'application/graphql-response+json' },
    body: new URLSearchParams({ query: '{ __typename }', variables: 'zz' }),
  })
  expect(response.status).toBe(415)
  expect(((await response.json()) as Answer).errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
})
