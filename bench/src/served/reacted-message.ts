import { messageText } from '../rooms/message-text.ts'
import { postGraphQL } from '../rooms/post-graphql.ts'
import type { OwnRoom } from './own-rooms.ts'

/** The maximum number of users who have reacted; they see the message differently from the others. */
const reactors = 10

interface Sent {
  readonly sendMessage: { readonly message: { readonly id: string } }
}

/** Sends a message with reactions of some members of the room; returns its id. */
export const makeReactedMessage = async ({ port, token, conversationId, seats }: OwnRoom): Promise<string> => {
  const { sendMessage } = await postGraphQL<Sent>(
    { port, token },
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { conversationId, content: { text: { text: messageText } } } },
  )
  const { id } = sendMessage.message
  for (const seat of seats.slice(0, reactors))
    await postGraphQL(
      { port, token: seat.token },
      'mutation ($id: ID!) { addReaction(input: { messageId: $id, emoji: "👍" }) { __typename } }',
      { id },
    )
  return id
}
