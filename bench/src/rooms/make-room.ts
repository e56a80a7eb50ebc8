import { type Endpoint, postGraphQL } from './post-graphql.ts'

const membersPerCommand = 100

interface Created {
  readonly createConversation: { readonly conversation: { readonly id: string } }
}

/** Creates a GROUP of the caller and these users; returns its id. */
export const makeRoom = async (endpoint: Endpoint, others: readonly string[]): Promise<string> => {
  const { createConversation } = await postGraphQL<Created>(
    endpoint,
    'mutation { createConversation(input: { kind: GROUP, name: "a room" }) { conversation { id } } }',
    {},
  )
  const { id } = createConversation.conversation
  for (let from = 0; from < others.length; from += membersPerCommand)
    await postGraphQL(
      endpoint,
      'mutation ($id: ID!, $users: [ID!]!) { addMembers(input: { conversationId: $id, userIds: $users }) { __typename } }',
      { id, users: others.slice(from, from + membersPerCommand) },
    )
  return id
}

/** The sequence of the newest event of a conversation. */
export const lastSequenceOf = async (endpoint: Endpoint, conversationId: string): Promise<number> => {
  const { conversation } = await postGraphQL<{ readonly conversation: { readonly lastSequence: number } }>(
    endpoint,
    'query ($id: ID!) { conversation(id: $id) { lastSequence } }',
    { id: conversationId },
  )
  return conversation.lastSequence
}
