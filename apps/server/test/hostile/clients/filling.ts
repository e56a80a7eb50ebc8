import type { GraphQLServer } from '../../graphql/graphql-server.ts'

const inPieces = <Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))

export const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

/** So many at a time; their results are in the order of the items. */
export const eachOf = async <Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> => {
  const results: Result[] = []
  for (const piece of inPieces(items, 50)) results.push(...(await Promise.all(piece.map(work))))
  return results
}

const add = 'mutation($input: AddMembersInput!) { addMembers(input: $input) { memberships { id } } }'

/** Creates a group with so many members and messages. */
export const filledGroup = async (
  server: GraphQLServer,
  owner: string,
  { members = 0, messages = 0, text = (index: number) => `message ${index}` },
): Promise<string> => {
  const id = await server.create(owner)
  for (const userIds of inPieces(
    numbers(members).map(index => `member${index}`),
    100,
  ))
    await server.read(owner, add, { input: { conversationId: id, userIds } })
  await eachOf(numbers(messages), index => server.send(owner, id, text(index)))
  return id
}
