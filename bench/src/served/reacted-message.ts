import { messageText } from '../rooms/message-text.ts'
import { postGraphQL } from '../rooms/post-graphql.ts'
import type { OwnRoom } from './own-rooms.ts'

/** Who have reacted, at most: to them the message reads otherwise than to the others. */
const reactors = 10

interface Sent {
  readonly sendMessage: { readonly message: { readonly id: string } }
}

/** A message of a room with reactions of some of its members; answers its id. */
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
