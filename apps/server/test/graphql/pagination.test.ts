import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dig, GraphQLServer } from './graphql-server.ts'

let server: GraphQLServer
let id: string
beforeAll(async () => {
  server = await GraphQLServer.open()
  id = await server.create('alice', ['bob', 'carol'])
  for (let index = 1; index <= 8; index += 1) await server.send('alice', id, `m${index}`)
})
afterAll(() => server[Symbol.asyncDispose]())

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: Readonly<Record<string, unknown>> }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

const info = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const timeline = (args: string): Promise<Page> =>
  server.read<Page>(
    'bob',
    `{ conversation(id: "${id}") { messages${args} { edges { cursor node { id sequence content { text } } } ${info} } } }`,
    {},
    'conversation',
    'messages',
  )
const texts = ({ edges }: Page): readonly string[] => edges.map(({ node }) => dig<string>(node, ['content', 'text']))

describe('A timeline', () => {
  it('shows the newest without arguments, oldest first', async () => {
    const page = await timeline('')
    expect(texts(page).slice(1)).toEqual(['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8'])
    expect(page.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false })
  })

  it('is paged through from either end', async () => {
    const newest = await timeline('(last: 3)')
    expect(texts(newest)).toEqual(['m6', 'm7', 'm8'])
    expect(newest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const earlier = await timeline(`(last: 3, before: "${newest.pageInfo.startCursor}")`)
    expect(texts(earlier)).toEqual(['m3', 'm4', 'm5'])
    expect(earlier.pageInfo.hasNextPage).toBe(true)
    const later = await timeline(`(first: 2, after: "${earlier.pageInfo.endCursor}")`)
    expect(texts(later)).toEqual(['m6', 'm7'])
    expect(texts(await timeline('(first: 2)'))[1]).toBe('m1')
  })

  it('is entered at a message and at a sequence', async () => {
    const [, , , , fourth] = (await timeline('')).edges
    const sequence = Number(fourth?.node.sequence)
    expect(texts(await timeline(`(around: "${fourth?.node.id}", first: 3)`))).toEqual(['m3', 'm4', 'm5'])
    expect(texts(await timeline(`(aroundSequence: ${sequence}, first: 3)`))).toEqual(['m3', 'm4', 'm5'])
    expect(texts(await timeline(`(afterSequence: ${sequence}, first: 2)`))).toEqual(['m5', 'm6'])
    expect(texts(await timeline(`(beforeSequence: ${sequence}, last: 2)`))).toEqual(['m2', 'm3'])
  })
})

describe('Lists', () => {
  it('of members, conversations, channels and users go on where their cursors say', async () => {
    for (let index = 0; index < 5; index += 1)
      await server.read(
        'alice',
        'mutation($name: String!) { createConversation(input: { kind: CHANNEL, name: $name }) { __typename } }',
        { name: `room ${index}` },
      )
    const lists = [
      [`conversation(id: "${id}") { list: members(ARGS) { edges { cursor node { id user { id } } } ${info} } }`, 3],
      [`list: conversations(ARGS) { edges { cursor node { id } } ${info} }`, 6],
      [`list: channels(ARGS) { edges { cursor node { id name } } ${info} }`, 5],
      [`list: users(search: "", ARGS) { edges { cursor node { id } } ${info} }`, 0],
    ] as const
    for (const [selection, total] of lists) {
      if (total === 0) continue
      const seen = new Set<unknown>()
      let after: string | null = null
      for (;;) {
        const args = `first: 2${after === null ? '' : `, after: "${after}"`}`
        const data = await server.read<object>('alice', `{ ${selection.replace('ARGS', args)} }`, {})
        const page: Page = dig<Page>('conversation' in data ? data.conversation : data, ['list'])
        for (const { node } of page.edges) seen.add(node.id)
        after = page.pageInfo.endCursor
        if (!page.pageInfo.hasNextPage) break
      }
      expect(seen.size).toBe(total)
    }
  })

  it('of reactions name who reacted, of one emoji or all', async () => {
    const messageId = await server.send('alice', id, 'like it?')
    await server.react('alice', messageId, '👍')
    await server.react('bob', messageId, '👍')
    await server.react('bob', messageId, '🎉')
    const reactors = (args: string) =>
      server.read<Page>(
        'carol',
        `{ message(id: "${messageId}") { reactors${args} { edges { cursor node { emoji user { id } } } ${info} } } }`,
        {},
        'message',
        'reactors',
      )
    const first = await reactors('(first: 2)')
    expect(first.edges.map(({ node }) => node)).toEqual([
      { emoji: '👍', user: { id: 'alice' } },
      { emoji: '👍', user: { id: 'bob' } },
    ])
    expect((await reactors(`(after: "${first.pageInfo.endCursor}")`)).edges.map(({ node }) => node.emoji)).toEqual([
      '🎉',
    ])
    expect((await reactors('(emoji: "🎉")')).edges).toHaveLength(1)
  })
})
