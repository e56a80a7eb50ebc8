import { messageText } from '../rooms/message-text.ts'
import { postGraphQL } from '../rooms/post-graphql.ts'
import type { OwnRoom } from '../served/own-rooms.ts'
import { pageSize } from './page-of-messages.ts'

interface Sent {
  readonly sendMessage: { readonly message: { readonly id: string } }
}

const emoji = ['👍', '👍', '🎉'] as const

/** Every author's next message, and three reactions to each by the next authors. */
const makeRow = async ({ port, conversationId, seats }: OwnRoom): Promise<void> => {
  const sent = await Promise.all(
    seats.map(({ token }) =>
      postGraphQL<Sent>(
        { port, token },
        'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
        { input: { conversationId, content: { text: { text: messageText } } } },
      ),
    ),
  )
  for (const [after, each] of emoji.entries())
    await Promise.all(
      sent.map(({ sendMessage }, index) =>
        postGraphQL(
          { port, token: seats[(index + after) % seats.length]?.token ?? '' },
          'mutation ($id: ID!, $emoji: String!) { addReaction(input: { messageId: $id, emoji: $emoji }) { __typename } }',
          { id: sendMessage.message.id, emoji: each },
        ),
      ),
    )
}

/** More messages than one page shows. */
export const fillPage = async (room: OwnRoom): Promise<void> => {
  for (let made = 0; made <= pageSize; made += room.seats.length) await makeRow(room)
}
